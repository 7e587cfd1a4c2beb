/**
 * What the tasks of a run are before anything becomes of them. It is the same for every run of a plan, so it is a text that runs have in common, and their heads name it.
 * A task gets a row when its first attempt ends, or was begun by itself; until then the outline, the head and the row of the one task that it needs say all that its row
 * would. A task that needs several gets one with the first of them that succeeds, which counts what is left.
 */
import { z } from 'zod';
import { digestBytes } from '../core/digest.ts';
import { readCommonText, textBytesMax, type CommonText } from '../decision/common-text.ts';
import type { Plan, PlannedTask } from '../plan/plan.ts';
import type { Deps } from '../port/deps.ts';
import { claimOf, releaseOf } from './begin-attempt.ts';
import type { ExecutionRecord } from './execution-record.ts';
import { storedTask } from './stored-task.ts';
import { StoredTask, wholeTask, type TaskRecord } from './task-record.ts';

/** A task as all runs of its plan have it. */
const OutlinedTask = StoredTask.omit({ readyAt: true });
type OutlinedTask = z.infer<typeof OutlinedTask>;

/** The tasks of all runs of a plan. */
export interface TaskOutline {
  /** In the order of the plan, by id. */
  tasks: ReadonlyMap<string, OutlinedTask>;
  /** In their order. */
  ids: readonly string[];
  /** By a task: those that need it alone. */
  alone: ReadonlyMap<string, readonly string[]>;
  /** The outline as runs have it in common; undefined where it is too much for an item of its own, so that every task of every run has a row. */
  common: CommonText | undefined;
}

/** Plans are kept for a while and are never changed. */
const ofPlans = new WeakMap<Plan, TaskOutline>();

/** The outline of runs of this plan. */
export function outlineOf(plan: Plan): TaskOutline {
  const known = ofPlans.get(plan);
  if (known) return known;
  const dependents = new Map<string, string[]>();
  for (const task of plan.tasks) for (const need of task.needs) dependents.set(need, [...(dependents.get(need) ?? []), task.id]);
  const tasks = plan.tasks.map((task) => outlineTask(task, dependents.get(task.id) ?? []));
  const text = JSON.stringify(tasks);
  const fits = Buffer.byteLength(JSON.stringify(text)) <= textBytesMax;
  const outline = outlineWith(tasks, fits ? { digest: digestBytes(text), text } : undefined);
  ofPlans.set(plan, outline);
  return outline;
}

function outlineWith(tasks: readonly OutlinedTask[], common: CommonText | undefined): TaskOutline {
  const alone = new Map<string, string[]>();
  for (const { id, needs: [need, ...others] = [] } of tasks)
    if (need !== undefined && others.length === 0) alone.set(need, [...(alone.get(need) ?? []), id]);
  return { tasks: new Map(tasks.map((task) => [task.id, task])), ids: tasks.map(({ id }) => id).sort(), alone, common };
}

function outlineTask(task: PlannedTask, dependents: string[]): OutlinedTask {
  const { readyAt: _now, ...outlined } = storedTask({
    id: task.id,
    uses: task.uses,
    packageDigest: task.packageDigest,
    packageOwner: task.packageOwner,
    state: task.needs.length === 0 ? 'ready' : 'blocked',
    needs: task.needs,
    dependents,
    waitingOn: task.needs.length,
    attempt: 0,
    attempts: [],
    failures: 0,
    losses: 0,
    retries: task.retries,
    timeoutMs: task.timeoutMs,
    resourceClass: task.resourceClass,
    egress: task.egress,
    readyAt: 0,
    notBefore: 0,
    leaseUntil: 0,
    completedAt: null,
    outputs: null,
    costUsdMicros: 0,
    compensateUses: task.compensateUses,
    compensateDigest: task.compensateDigest,
    compensateOwner: task.compensateOwner,
    compensation: 'none',
    compensationAttempt: 0,
    compensationAttempts: [],
  });
  return outlined;
}

/** A task of the outline in a run that begins at this time. */
export function taskAt(task: OutlinedTask, createdAt: number): TaskRecord {
  return wholeTask({ ...task, readyAt: createdAt });
}

/** By text, which is the same object while it is remembered. */
const parsed = new WeakMap<CommonText, TaskOutline>();

/** The outline that the head names; undefined for a run whose tasks all have rows. Throws `mc:store:damaged` for one that is gone or was changed. */
export async function readOutline(
  deps: Pick<Deps, 'table'>,
  { tenant, outline: digest }: Pick<ExecutionRecord, 'tenant' | 'outline'>,
): Promise<TaskOutline | undefined> {
  if (digest === undefined) return undefined;
  const common = await readCommonText(deps, tenant, digest);
  const known = parsed.get(common);
  if (known) return known;
  const outline = outlineWith(z.array(OutlinedTask).parse(JSON.parse(common.text)), common);
  parsed.set(common, outline);
  return outline;
}

/** The one task that has to succeed before this one, if it is one. */
export function onlyNeedOf(outline: TaskOutline, id: string): string | undefined {
  const needs = outline.tasks.get(id)?.needs;
  return needs?.length === 1 ? needs[0] : undefined;
}

/** The task as it is when it has no row; the row of the only task that it needs is among `rows`, where there is one. Undefined when the run has no such task. */
export function taskWithoutRow(
  outline: TaskOutline,
  { createdAt, begunAtStart }: Pick<ExecutionRecord, 'createdAt' | 'begunAtStart'>,
  id: string,
  rows: ReadonlyMap<string, TaskRecord>,
): TaskRecord | undefined {
  const outlined = outline.tasks.get(id);
  if (!outlined) return undefined;
  const task = taskAt(outlined, createdAt);
  if (task.waitingOn === 0) return rowless(begunAtStart ? { ...task, ...claimOf(task, createdAt) } : task);
  const need = rows.get(onlyNeedOf(outline, id) ?? '');
  if (need?.state !== 'succeeded' || need.completedAt === null) return rowless(task);
  return rowless({ ...task, ...releaseOf(task, need.completedAt, need.begun?.includes(id) ?? false) });
}

/** Holds the task itself, so that a copy, in which something may be changed, does not bear the mark. A member costs less than a set of all such tasks. */
const withoutRow = Symbol('has no row');
type Marked = TaskRecord & { [withoutRow]?: TaskRecord };

/** Says that the task is as it is without a row. */
export function rowless(task: TaskRecord): TaskRecord {
  const marked: Marked = task;
  marked[withoutRow] = task;
  return task;
}

/** Whether this is how the task is without a row, and none was read. */
export function isRowless(task: Marked): boolean {
  return task[withoutRow] === task;
}
