/** What a task becomes when an attempt of it begins. */
import { isoTime } from '../port/clock.ts';
import type { AttemptRecord, TaskRecord } from './task-record.ts';

/** Time beyond the task's own limit after which its dispatcher is taken for dead: fetching, storing and one slow write. */
const leaseGraceMs = 60_000;

/** The list with one more attempt, which runs from now on. */
export function withBegun(attempts: readonly AttemptRecord[], attempt: number, now: number): AttemptRecord[] {
  const begun: AttemptRecord = {
    attempt,
    startedAt: isoTime(now),
    endedAt: null,
    sandbox: null,
    inputsDigest: null,
    outputsDigest: null,
    logDigest: null,
    failure: null,
    message: null,
    wallMs: null,
    decisions: [],
    decisionsDigest: null,
  };
  return [...attempts, begun];
}

/** What a claim changes of a task. */
export function claimOf(task: TaskRecord, now: number): Pick<TaskRecord, 'state' | 'attempt' | 'leaseUntil' | 'attempts'> {
  const attempt = task.attempt + 1;
  return {
    state: 'running',
    attempt,
    leaseUntil: now + task.timeoutMs + leaseGraceMs,
    attempts: withBegun(task.attempts, attempt, now),
  };
}

/** What the last of its needs changes of a task: it is ready, or claimed at once. */
export function releaseOf(
  task: TaskRecord,
  now: number,
  isClaimed: boolean,
): Pick<TaskRecord, 'state' | 'readyAt' | 'notBefore' | 'waitingOn'> {
  const ready = { waitingOn: 0, state: 'ready', readyAt: now, notBefore: now } as const;
  return isClaimed ? { ...ready, ...claimOf(task, now) } : ready;
}
