/** What follows a failed attempt, decided from plain data. */
import type { TaskFailure } from '../../port/runner.ts';
import type { TaskRecord } from '../execution-record.ts';

/** `lost`: the dispatcher died with the attempt; nobody knows how far it came. `store`: the home could not read or keep what the attempt needs. */
export type AttemptFailure = TaskFailure | 'lost' | 'store' | 'package' | 'inputs' | 'policy';

export interface FailedAttempt {
  failure: AttemptFailure;
  message: string;
  retryable: boolean;
}

export type AfterFailure = { kind: 'retry'; delayMs: number } | { kind: 'fail' };

/** First pause; it doubles with every failure. */
const baseDelayMs = 500;
/** No pause is longer: people watch runs. */
const maxDelayMs = 5 * 60_000;
/** With these pauses most of an hour: time enough for a person to free a disk, and an end to the list of attempts. */
const maxStoreFailures = 20;
/** A task whose dispatchers keep dying would otherwise kill dispatchers for ever. */
const maxLosses = 5;

/**
 * Retry or give up. Lost attempts and those that met a store out of order do not count against `retries`, because the task did nothing wrong.
 * Back-off is exponential with jitter between half and the whole pause, so that failed tasks do not come back in step.
 */
export function decideAfterFailure(
  task: TaskRecord,
  failed: FailedAttempt,
  context: { now: number; deadlineAt: number; random: number },
): AfterFailure {
  if (failed.failure === 'lost') return task.losses >= maxLosses ? { kind: 'fail' } : { kind: 'retry', delayMs: baseDelayMs * task.losses };
  const isStore = failed.failure === 'store';
  const before = isStore ? countStoreFailures(task) : task.failures;
  if (!failed.retryable || before >= (isStore ? maxStoreFailures : task.retries)) return { kind: 'fail' };
  const pause = Math.min(maxDelayMs, baseDelayMs * 2 ** before);
  const delayMs = Math.round(pause * (0.5 + context.random / 2));
  return context.now + delayMs >= context.deadlineAt ? { kind: 'fail' } : { kind: 'retry', delayMs };
}

/**
 * Milliseconds that a ready task still has to wait. When the clock was put back since the task became ready, nobody knows how much of its pause is left, and waiting
 * for the old time could take days: it goes on at once.
 */
export function pauseLeftMs({ readyAt, notBefore }: Pick<TaskRecord, 'readyAt' | 'notBefore'>, now: number): number {
  return now < readyAt ? 0 : Math.max(0, notBefore - now);
}

/** How often the task met a store out of order, before the attempt that has just ended. */
function countStoreFailures({ attempts }: TaskRecord): number {
  return attempts.filter(({ failure }) => failure === 'store').length;
}
