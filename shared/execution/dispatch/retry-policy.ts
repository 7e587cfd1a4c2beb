/** What follows a failed attempt, decided from plain data. */
import type { TaskFailure } from '../../port/runner.ts';
import type { TaskRecord } from '../execution-record.ts';

/** `lost`: the dispatcher died with the attempt; nobody knows how far it came. */
export type AttemptFailure = TaskFailure | 'lost' | 'package' | 'inputs';

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
/** A task whose dispatchers keep dying would otherwise kill dispatchers for ever. */
const maxLosses = 5;

/**
 * Retry or give up. A lost attempt does not count against `retries`, because the task did nothing wrong.
 * Back-off is exponential with jitter between half and the whole pause, so that failed tasks do not come back in step.
 */
export function decideAfterFailure(
  task: TaskRecord,
  failed: FailedAttempt,
  context: { now: number; deadlineAt: number; random: number },
): AfterFailure {
  if (failed.failure === 'lost') return task.losses >= maxLosses ? { kind: 'fail' } : { kind: 'retry', delayMs: baseDelayMs * task.losses };
  if (!failed.retryable || task.failures >= task.retries) return { kind: 'fail' };
  const pause = Math.min(maxDelayMs, baseDelayMs * 2 ** task.failures);
  const delayMs = Math.round(pause * (0.5 + context.random / 2));
  return context.now + delayMs >= context.deadlineAt ? { kind: 'fail' } : { kind: 'retry', delayMs };
}
