/** What the table holds of a run: one head item and one item a task, all in the run's own partition. */
import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { idSchema, type Id } from '../core/id.ts';
import { TenantId } from '../core/tenant-id.ts';
import type { Item, Key } from '../port/table.ts';
import { sandboxLevels } from '../port/runner.ts';
import { Cancellation, ExecutionState, FileRef } from './execution.ts';
import { PurgeMark } from './purge-mark.ts';
import { StoredJson } from './stored-json.ts';

const Millis = z.int().nonnegative();

/**
 * The head of a run. Completions of single tasks do not touch it, so tasks that end at once do not contend for it. `outcome` leaves `open` once, for `failed`
 * or `cancelled`, and closes the run for new attempts; a failed run may still be cancelled, until it is sealed. `state` becomes terminal only with a receipt.
 */
const CurrentRecord = z.object({
  id: idSchema('exec'),
  tenant: TenantId,
  state: ExecutionState,
  outcome: z.enum(['open', 'failed', 'cancelled']),
  workflow: z.object({ name: z.string(), version: z.string(), digest: Digest }),
  region: z.string(),
  sandbox: z.enum(sandboxLevels),
  createdAt: Millis,
  createdBy: z.string(),
  startedAt: Millis.nullable(),
  endedAt: Millis.nullable(),
  deadlineAt: Millis,
  /** Names what its tasks are before anything becomes of them (task-outline.ts); absent where each of them has a row from the beginning. */
  outline: Digest.optional(),
  /** The first attempts of the tasks that need nothing began with the run. */
  begunAtStart: z.literal(true).optional(),
  inputs: StoredJson,
  files: z.record(z.string(), FileRef),
  estimatedCostUsdMicros: z.int(),
  /** Upper end of the interval of the estimate. */
  estimatedCostHighUsdMicros: z.int(),
  /** Day of the tenant's budget on which the estimate was reserved; null for a run of 0.1.0, which took neither slot nor budget. */
  budgetDay: z.string().nullable(),
  /** Size of inputs and files together; what a run costs is learned by it. */
  inputBytes: z.int().nonnegative(),
  /** The sum over the tasks, fixed by the seal. */
  actualCostUsdMicros: z.int(),
  decisionId: idSchema('dec'),
  receiptId: idSchema('rcpt').nullable(),
  error: z.object({ taskId: z.string().nullable(), failure: z.string(), message: z.string() }).nullable(),
  /** Set together with the outcome `cancelled`; runs of earlier versions do not have it. */
  cancellation: Cancellation.optional(),
  /** The run that this one retries, or replays. */
  retryOf: idSchema('exec').optional(),
  replayOf: idSchema('exec').optional(),
  /** The one retry of this run; whoever sets it has won. */
  retriedBy: idSchema('exec').optional(),
  /** The newest replay of this run; of replays that are asked for at once the first to set it wins. */
  replayedBy: idSchema('exec').optional(),
  outputs: StoredJson.nullable(),
  /** Step Functions task token of the phase that waits for the tasks; absent in the embedded home. */
  phaseToken: z.string().optional(),
  /** Set when the logs, or the inputs and outputs, of the sealed run were purged; the receipt stays. */
  logsPurge: PurgeMark.optional(),
  dataPurge: PurgeMark.optional(),
  /** Present until the run is sealed, before 0.3 until it was recorded; what a sweep or a restart finds. */
  gsi2pk: z.string().optional(),
});
export type ExecutionRecord = z.infer<typeof CurrentRecord>;

/** Heads of 0.1.0 know no budget, no interval and no size of their inputs. */
function current(item: unknown): unknown {
  if (typeof item !== 'object' || item === null || 'budgetDay' in item) return item;
  const { data: earlier } = z.looseObject({ estimatedCostUsdMicros: z.int() }).safeParse(item);
  return earlier && { ...earlier, budgetDay: null, estimatedCostHighUsdMicros: earlier.estimatedCostUsdMicros, inputBytes: 0 };
}

/** The head of a run of this version or an earlier one. */
export const ExecutionRecord = z.preprocess(current, CurrentRecord);

/** Whether the row of a head holds all that one of this version does. */
export const isCurrentHead = (item: Item): boolean => 'budgetDay' in item;

// Whoever reads a run needs both of its records.
export { TaskRecord, type AttemptRecord } from './task-record.ts';

/** Partition of one run. */
export function executionPk(tenant: TenantId, id: Id<'exec'>): string {
  return `T#${tenant}#X#${id}`;
}

export function headKey(tenant: TenantId, id: Id<'exec'>): Key {
  return { pk: executionPk(tenant, id), sk: 'EXEC' };
}

export function taskKey(tenant: TenantId, id: Id<'exec'>, taskId: string): Key {
  return { pk: executionPk(tenant, id), sk: taskSk(taskId) };
}

/** Sort key of a task in the partition of its run. */
export function taskSk(taskId: string): string {
  return `TASK#${taskId}`;
}

/** Where all open runs were listed before 0.3.0; those of a home that was updated still are. */
const unsharded = 'SYS#OPEN';

/** The characters that an id (ULID) ends with; the last one is random. */
const idCharacters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const shards = 8;

/**
 * The list of runs that are open is spread over index partitions by the last character of their ids, because one takes 125 whole runs a second on
 * DynamoDB. It holds ids, no tenant data.
 */
export const openPartition = (id: Id<'exec'>): string => `${unsharded}#${idCharacters.indexOf(id.slice(-1)) % shards}`;

/** The partitions in which a run may be listed. */
export const openPartitionsOf = (id: Id<'exec'>): string[] => [openPartition(id), unsharded];

/** Every partition of the list. */
export const openPartitions: readonly string[] = [unsharded, ...Array.from({ length: shards }, (_, shard) => `${unsharded}#${shard}`)];
