/** Reads of a run's items; every stored row is parsed before anything trusts it. */
import { loadManifest } from '../manifest/get-workflow.ts';
import { InvariantError, McError } from '../core/errors.ts';
import type { Id } from '../core/id.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';
import type { Item } from '../port/table.ts';
import { isMadeOfRecord, madeOfRecord } from '../port/typed-items.ts';
import type { TasksEnd } from '../port/phases.ts';
import { ExecutionRecord, executionPk, headKey, isCurrentHead, taskKey, taskSk, type TaskRecord } from './execution-record.ts';
import { purgedError } from './purge-mark.ts';
import { onlyNeedOf, readOutline, taskWithoutRow } from './task-outline.ts';
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
  deps: TableDeps,
  tenant: TenantId,
  id: Id<'exec'>,
  taskId: string,
): Promise<{ head: ExecutionRecord; task: TaskRecord } | undefined> {
  const [item, row] = await deps.table.getMany([headKey(tenant, id), taskKey(tenant, id, taskId)]);
  if (!item || readTombstone(item)) return undefined;
  const head = parseHead(item);
  const task = row ? parseTask(row) : (await withoutRows(deps, head, [taskId], new Map())).get(taskId);
  return task && { head, task };
}

/** Some tasks of a run, in the order asked for. */
export async function getTasks(deps: TableDeps, head: ExecutionRecord, taskIds: readonly string[]): Promise<TaskRecord[]> {
  const tasks = await findRows(deps, head, taskIds);
  if (tasks.every(hasRow)) return tasks;
  const missing = taskIds.filter((_, at) => tasks[at] === undefined);
  const rowless = await withoutRows(deps, head, missing, byId(tasks));
  return taskIds.map((id, at) => {
    const task = tasks[at] ?? rowless.get(id);
    if (!task) throw new InvariantError(`task ${id} of ${head.id} is missing`);
    return task;
  });
}

const hasRow = (task: TaskRecord | undefined): task is TaskRecord => task !== undefined;

/** The tasks of these that have rows, each in its place. */
async function findRows(
  { table }: TableDeps,
  { tenant, id }: ExecutionRecord,
  taskIds: readonly string[],
): Promise<(TaskRecord | undefined)[]> {
  const tasks: (TaskRecord | undefined)[] = [];
  for (let start = 0; start < taskIds.length; start += 100) {
    const keys = taskIds.slice(start, start + 100).map((taskId) => taskKey(tenant, id, taskId));
    for (const item of await table.getMany(keys)) tasks.push(item && parseTask(item));
  }
  return tasks;
}

const byId = (tasks: readonly (TaskRecord | undefined)[]): Map<string, TaskRecord> =>
  new Map(tasks.filter(hasRow).map((task) => [task.id, task]));

/** The tasks of a run that have no row, of these; `rows` are tasks that have one and were read before. */
async function withoutRows(
  deps: TableDeps,
  head: ExecutionRecord,
  taskIds: readonly string[],
  rows: ReadonlyMap<string, TaskRecord>,
): Promise<Map<string, TaskRecord>> {
  const tasks = new Map<string, TaskRecord>();
  const outline = await readOutline(deps, head);
  if (!outline) return tasks;
  const asked = new Set(taskIds);
  const needs = taskIds.flatMap((id) => onlyNeedOf(outline, id) ?? []).filter((need) => !rows.has(need) && !asked.has(need));
  const read = needs.length === 0 ? rows : new Map([...rows, ...byId(await findRows(deps, head, [...new Set(needs)]))]);
  for (const id of taskIds) {
    const task = taskWithoutRow(outline, head, id, read);
    if (task) tasks.set(id, task);
  }
  return tasks;
}

/** Every task of a run, ordered by id. */
export async function listTasks(deps: TableDeps, head: ExecutionRecord): Promise<TaskRecord[]> {
  const rows = new Map<string, TaskRecord>();
  let cursor: string | undefined;
  do {
    const query = { pk: executionPk(head.tenant, head.id), prefix: taskSk(''), limit: 100 };
    const page = await deps.table.query({ ...query, ...(cursor && { cursor }) });
    for (const item of page.items) {
      const task = parseTask(item);
      rows.set(task.id, task);
    }
    cursor = page.cursor;
  } while (cursor);
  const outline = await readOutline(deps, head);
  if (!outline) return [...rows.values()];
  return outline.ids.flatMap((id) => rows.get(id) ?? taskWithoutRow(outline, head, id, rows) ?? []);
}

/** Every task of a run, ordered by id, as listTasks; its outline or its manifest tells their names, and items that are known by name need no search. */
export async function readTasks(deps: Pick<Deps, 'table' | 'blobs'>, head: ExecutionRecord): Promise<TaskRecord[]> {
  const outline = await readOutline(deps, head);
  if (outline) return getTasks(deps, head, outline.ids);
  const { tasks } = await loadManifest(deps, head.tenant, head.workflow);
  return getTasks(deps, head, tasks.map(({ id }) => id).sort());
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
