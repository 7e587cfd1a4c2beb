/** Writing a task: what its row holds of it, and what an update sets in the row. The inverse of `wholeTask`. */
import type { StoredJson } from './stored-json.ts';
import { impliedDigest, type AttemptRecord, type StoredAttempt, type StoredTask, type TaskRecord } from './task-record.ts';

function storedAttempt(attempt: AttemptRecord, outputs: StoredJson | null): StoredAttempt {
  const { attempt: number, startedAt, outputsDigest } = attempt;
  const row: StoredAttempt = { attempt: number, startedAt };
  if (attempt.endedAt !== null) row.endedAt = attempt.endedAt;
  if (attempt.sandbox !== null) row.sandbox = attempt.sandbox;
  if (attempt.inputsDigest !== null) row.inputsDigest = attempt.inputsDigest;
  if (attempt.logDigest !== null) row.logDigest = attempt.logDigest;
  if (attempt.failure !== null) row.failure = attempt.failure;
  if (attempt.message !== null) row.message = attempt.message;
  if (attempt.wallMs !== null) row.wallMs = attempt.wallMs;
  if (attempt.decisions.length > 0) row.decisions = attempt.decisions;
  if (attempt.decisionsDigest !== null) row.decisionsDigest = attempt.decisionsDigest;
  if (attempt.judged !== undefined) row.judged = attempt.judged;
  if (attempt.egress !== undefined) row.egress = attempt.egress;
  if (outputsDigest !== impliedDigest(row, outputs)) row.outputsDigest = outputsDigest;
  return row;
}

/** What an update sets in the row to change the task so. Outputs are set together with the attempt that gave them. */
export function storedChange(change: Partial<TaskRecord>): Partial<StoredTask> {
  const { attempts, compensationAttempts, outputs = null } = change;
  const row: Partial<StoredTask> = { ...change };
  if (attempts) row.attempts = attempts.map((attempt) => storedAttempt(attempt, outputs));
  if (compensationAttempts) row.compensationAttempts = compensationAttempts.map((attempt) => storedAttempt(attempt, null));
  return row;
}

/** The row of a task, without its key. Written out, because whatever goes over names costs more than it saves. */
export function storedTask(task: TaskRecord): StoredTask {
  const { id, uses, packageDigest, packageOwner, state, waitingOn, attempt, timeoutMs, resourceClass, readyAt } = task;
  const row: StoredTask = { id, uses, packageDigest, packageOwner, state, waitingOn, attempt, timeoutMs, resourceClass, readyAt };
  if (task.needs.length > 0) row.needs = task.needs;
  if (task.dependents.length > 0) row.dependents = task.dependents;
  if (task.egress.length > 0) row.egress = task.egress;
  if (task.retries !== 0) row.retries = task.retries;
  if (task.notBefore !== readyAt) row.notBefore = task.notBefore;
  if (task.attempts.length > 0) row.attempts = task.attempts.map((begun) => storedAttempt(begun, task.outputs));
  if (task.leaseUntil !== 0) row.leaseUntil = task.leaseUntil;
  if (task.completedAt !== null) row.completedAt = task.completedAt;
  if (task.outputs !== null) row.outputs = task.outputs;
  if (task.reusedFrom !== undefined) row.reusedFrom = task.reusedFrom;
  if (task.begun !== undefined) row.begun = task.begun;
  if (task.failures !== 0) row.failures = task.failures;
  if (task.losses !== 0) row.losses = task.losses;
  if (task.costUsdMicros !== 0) row.costUsdMicros = task.costUsdMicros;
  return task.compensateUses === null ? row : { ...row, ...undoingOf(task) };
}

function undoingOf(task: TaskRecord): Partial<StoredTask> {
  const { compensateUses, compensateDigest, compensateOwner, compensation, compensationAttempt, compensationAttempts } = task;
  const attempts = compensationAttempts.map((begun) => storedAttempt(begun, null));
  return { compensateUses, compensateDigest, compensateOwner, compensation, compensationAttempt, compensationAttempts: attempts };
}
