/**
 * A task of a run, and its row. A task has thirty members, so what is empty, or follows from the rest of the row, is not
 * written: reading puts it back. Rows of earlier versions hold everything.
 */
import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { idSchema } from '../core/id.ts';
import { TenantId } from '../core/tenant-id.ts';
import { Egress, ResourceClass } from '../manifest/manifest.ts';
import { Attempt, TaskState } from './execution.ts';
import { FoldedDecisions } from './folded-decisions.ts';
import { StoredJson } from './stored-json.ts';

const Millis = z.int().nonnegative();

/** `judged` is the rest of what its decisions say, where they have no row of their own (decision-log.ts). */
const StoredAttempt = Attempt.partial({
  endedAt: true,
  sandbox: true,
  inputsDigest: true,
  outputsDigest: true,
  logDigest: true,
  failure: true,
  message: true,
  wallMs: true,
  decisions: true,
  decisionsDigest: true,
}).extend({ judged: FoldedDecisions.optional() });
export type StoredAttempt = z.infer<typeof StoredAttempt>;

/** The row of a task. What conditions compare is always in it: `state`, `attempt`, `waitingOn`, and where there is something to undo, how far that is. */
export const StoredTask = z.object({
  id: z.string(),
  uses: z.string(),
  packageDigest: Digest,
  packageOwner: TenantId,
  state: TaskState,
  needs: z.array(z.string()).optional(),
  /** Tasks that need this one. */
  dependents: z.array(z.string()).optional(),
  /** Needs that have not succeeded yet; the completion that takes it to 0 makes the task ready. */
  waitingOn: z.int(),
  attempt: z.int(),
  attempts: z.array(StoredAttempt).optional(),
  failures: z.int().optional(),
  losses: z.int().optional(),
  retries: z.int().optional(),
  timeoutMs: z.int(),
  resourceClass: ResourceClass,
  egress: Egress.shape.allow.optional(),
  readyAt: Millis,
  /** Absent when it is `readyAt`. */
  notBefore: Millis.optional(),
  leaseUntil: Millis.optional(),
  completedAt: Millis.nullable().optional(),
  /** Tasks without a row whose first attempts began at `completedAt`, in the same write. */
  begun: z.array(z.string()).optional(),
  outputs: StoredJson.nullable().optional(),
  /** The run whose attempt gave the outputs, when this run did not need to do it again. */
  reusedFrom: idSchema('exec').optional(),
  costUsdMicros: z.int().optional(),
  compensateUses: z.string().nullable().optional(),
  compensateDigest: Digest.nullable().optional(),
  compensateOwner: TenantId.nullable().optional(),
  compensation: z.enum(['none', 'pending', 'running', 'done', 'failed']).optional(),
  compensationAttempt: z.int().optional(),
  compensationAttempts: z.array(StoredAttempt).optional(),
});
export type StoredTask = z.infer<typeof StoredTask>;

/** An attempt as a task's record holds it; `judged` is nothing that the API shows. */
export type AttemptRecord = Attempt & Pick<StoredAttempt, 'judged'>;

type Lists = 'attempts' | 'compensationAttempts';
/** What most tasks do not have. */
type Rare = 'reusedFrom' | 'begun';
type Whole = { [Name in Exclude<keyof StoredTask, Lists | Rare>]-?: Exclude<StoredTask[Name], undefined> };
/** A task with all of its members. */
export type TaskRecord = Whole & Pick<StoredTask, Rare> & Record<Lists, AttemptRecord[]>;

/** The task that a row of this or an earlier version holds. */
export const TaskRecord = StoredTask.transform(wholeTask);

/** The task of a row that was parsed, or written from such a record. */
export function wholeTask(row: StoredTask): TaskRecord {
  const outputs = row.outputs ?? null;
  const task: TaskRecord = {
    id: row.id,
    uses: row.uses,
    packageDigest: row.packageDigest,
    packageOwner: row.packageOwner,
    state: row.state,
    needs: row.needs ?? [],
    dependents: row.dependents ?? [],
    waitingOn: row.waitingOn,
    attempt: row.attempt,
    attempts: row.attempts?.map((attempt) => wholeAttempt(attempt, outputs)) ?? [],
    failures: row.failures ?? 0,
    losses: row.losses ?? 0,
    retries: row.retries ?? 0,
    timeoutMs: row.timeoutMs,
    resourceClass: row.resourceClass,
    egress: row.egress ?? [],
    readyAt: row.readyAt,
    notBefore: row.notBefore ?? row.readyAt,
    leaseUntil: row.leaseUntil ?? 0,
    completedAt: row.completedAt ?? null,
    outputs,
    costUsdMicros: row.costUsdMicros ?? 0,
    compensateUses: row.compensateUses ?? null,
    compensateDigest: row.compensateDigest ?? null,
    compensateOwner: row.compensateOwner ?? null,
    compensation: row.compensation ?? 'none',
    compensationAttempt: row.compensationAttempt ?? 0,
    compensationAttempts: row.compensationAttempts?.map((attempt) => wholeAttempt(attempt, null)) ?? [],
  };
  if (row.reusedFrom !== undefined) task.reusedFrom = row.reusedFrom;
  if (row.begun !== undefined) task.begun = row.begun;
  return task;
}

function wholeAttempt(row: StoredAttempt, outputs: StoredJson | null): AttemptRecord {
  const attempt: AttemptRecord = {
    attempt: row.attempt,
    startedAt: row.startedAt,
    endedAt: row.endedAt ?? null,
    sandbox: row.sandbox ?? null,
    inputsDigest: row.inputsDigest ?? null,
    outputsDigest: row.outputsDigest === undefined ? impliedDigest(row, outputs) : row.outputsDigest,
    logDigest: row.logDigest ?? null,
    failure: row.failure ?? null,
    message: row.message ?? null,
    wallMs: row.wallMs ?? null,
    decisions: row.decisions ?? [],
    decisionsDigest: row.decisionsDigest ?? null,
  };
  if (row.egress !== undefined) attempt.egress = row.egress;
  if (row.judged !== undefined) attempt.judged = row.judged;
  return attempt;
}

/** The attempt of a task that ended well gave the outputs that the task has. */
export function impliedDigest({ endedAt = null, failure = null }: StoredAttempt, outputs: StoredJson | null): Digest | null {
  return endedAt !== null && failure === null && outputs !== null ? outputs.digest : null;
}
