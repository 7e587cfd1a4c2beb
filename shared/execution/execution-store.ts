/** Reads of a run's items; every stored row is parsed before anything trusts it. */
import { loadManifest } from '../manifest/get-workflow.ts';
import { InvariantError, McError } from '../core/errors.ts';
import type { Id } from '../core/id.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';
import type { Item } from '../port/table.ts';
import { isMadeOfRecord, madeOfRecord } from '../port/typed-items.ts';
import type { TasksEnd } from '../port/phases.ts';
import { ExecutionRecord, executionPk, headKey, isCurrentHead, taskKey, type TaskRecord } from './execution-record.ts';
import { purgedError } from './purge-mark.ts';
import { StoredTask, wholeTask } from './task-record.ts';
import { readTombstone } from './tombstone.ts';

type TableDeps = Pick<Deps, 'table'>;

/**
 * Parsing a row costs more than reading it. So it is parsed once, when it comes from a file or another process: from then on it and what updates make of it are
 * known to be what this version writes. The caller's keys say which record that is; the keys of the item are with it.
 */
function parseHead(item: Item): ExecutionRecord {
  if (isMadeOfRecord(item)) return item as unknown as ExecutionRecord;
  const head = ExecutionRecord.parse(item);
  if (isCurrentHead(item)) madeOfRecord(item);
  return head;
}

function parseTask(item: Item): TaskRecord {
  if (!isMadeOfRecord(item)) {
    StoredTask.parse(item);
    madeOfRecord(item);
  }
  return wholeTask(item as unknown as StoredTask);
}

/** The head of a run, or undefined when this tenant has no such run; throws `mc:execution:purged` for one that is purged. */
export async function findExecution({ table }: TableDeps, tenant: TenantId, id: Id<'exec'>): Promise<ExecutionRecord | undefined> {
  const item = await table.get(headKey(tenant, id));
  const tombstone = item && readTombstone(item);
  if (tombstone) throw purgedError(id, tombstone);
  return item && parseHead(item);
}

/** The head of a run; throws `mc:execution:not-found` and `mc:execution:purged`. */
export async function getExecutionRecord(deps: TableDeps, tenant: TenantId, id: Id<'exec'>): Promise<ExecutionRecord> {
  const record = await findExecution(deps, tenant, id);
  if (!record) throw new McError('mc:execution:not-found', `there is no execution ${id}`);
  return record;
}

/** The head and one task, read together; undefined when either is missing, or the run is purged. */
export async function findTask(
  { table }: TableDeps,
  tenant: TenantId,
  id: Id<'exec'>,
  taskId: string,
): Promise<{ head: ExecutionRecord; task: TaskRecord } | undefined> {
  const [head, task] = await table.getMany([headKey(tenant, id), taskKey(tenant, id, taskId)]);
  if (!head || !task || readTombstone(head)) return undefined;
  return { head: parseHead(head), task: parseTask(task) };
}

/** Some tasks of a run, in the order asked for. */
export async function getTasks({ table }: TableDeps, tenant: TenantId, id: Id<'exec'>, taskIds: readonly string[]): Promise<TaskRecord[]> {
  const tasks: TaskRecord[] = [];
  for (let start = 0; start < taskIds.length; start += 100) {
    const keys = taskIds.slice(start, start + 100).map((taskId) => taskKey(tenant, id, taskId));
    for (const item of await table.getMany(keys)) {
      if (!item) throw new InvariantError(`a task of ${id} is missing`);
      tasks.push(parseTask(item));
    }
  }
  return tasks;
}

/** Every task of a run, ordered by id. */
export async function listTasks({ table }: TableDeps, tenant: TenantId, id: Id<'exec'>): Promise<TaskRecord[]> {
  const tasks: TaskRecord[] = [];
  let cursor: string | undefined;
  do {
    const page = await table.query({ pk: executionPk(tenant, id), prefix: 'TASK#', limit: 100, ...(cursor && { cursor }) });
    for (const item of page.items) tasks.push(parseTask(item));
    cursor = page.cursor;
  } while (cursor);
  return tasks;
}

/** Every task of a run, ordered by id, as listTasks; its manifest tells their names, and items that are known by name need no search. */
export async function readTasks(deps: Pick<Deps, 'table' | 'blobs'>, { tenant, id, workflow }: ExecutionRecord): Promise<TaskRecord[]> {
  const { tasks } = await loadManifest(deps, tenant, workflow);
  return getTasks(deps, tenant, id, tasks.map((task) => task.id).sort());
}

/** Whether no task of the run is going to start or end any more: all are done, or it was closed and no attempt is under way. */
export function isFinished({ outcome }: ExecutionRecord, tasks: readonly TaskRecord[]): boolean {
  if (outcome === 'open') return tasks.every((task) => task.state === 'succeeded');
  return tasks.every((task) => task.state !== 'running');
}

/** What the phase that waits for a finished run is told. */
export function tasksEnd({ phaseToken, outcome }: ExecutionRecord): TasksEnd {
  return { token: phaseToken, outcome };
}
