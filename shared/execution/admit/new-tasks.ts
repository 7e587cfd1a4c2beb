import type { Plan, PlannedTask } from '../../plan/plan.ts';
import type { Item, Key } from '../../port/table.ts';
import { madeOfRecord } from '../../port/typed-items.ts';
import { claimOf } from '../dispatch/claim-task.ts';
import { taskSk, type TaskRecord } from '../execution-record.ts';
import { storedTask } from '../stored-task.ts';
import type { StoredTask } from '../task-record.ts';
import type { Admission } from './admission.ts';

/** What is written of a task, but for the partition of its run. */
type TaskRow = StoredTask & Pick<Key, 'sk'>;

/** The tasks of a run as it begins, and their rows. Runs of a plan that begin in the same millisecond share them, so nothing of them is ever changed. */
export class NewTasks {
  readonly records: readonly TaskRecord[];
  /** When the run begins, milliseconds since the Unix epoch. */
  readonly now: number;
  #rows: readonly TaskRow[] | undefined;
  #claimed: NewTasks | undefined;

  constructor(records: readonly TaskRecord[], now: number) {
    this.records = records;
    this.now = now;
  }

  /** Those that can begin at once. */
  get ready(): TaskRecord[] {
    return this.records.filter(({ state }) => state === 'ready');
  }

  /** As they are written to the partition of a run. The row comes first: an engine copies an object into an empty one in one piece. */
  itemsIn({ pk }: Pick<Key, 'pk'>): Item[] {
    this.#rows ??= this.records.map((task) => ({ ...storedTask(task), sk: taskSk(task.id) }));
    return this.#rows.map((row) => madeOfRecord({ ...row, pk }));
  }

  /** The same, with those that are ready claimed for their first attempt. */
  get claimed(): NewTasks {
    const claim = (task: TaskRecord): TaskRecord => (task.state === 'ready' ? { ...task, ...claimOf(task, this.now) } : task);
    return (this.#claimed ??= new NewTasks(this.records.map(claim), this.now));
  }
}

/** The tasks of the newest runs of a plan; plans are kept for a while and are never changed. */
const newest = new WeakMap<Plan, NewTasks>();

/** The tasks of a new run: those that need nothing, or nothing that still has to run, are ready at once. */
export function newTasks({ plan, now, origin }: Pick<Admission, 'plan' | 'now' | 'origin'>): NewTasks {
  const known = newest.get(plan);
  const tasks = known?.now === now ? known : new NewTasks(outlineTasks(plan, now), now);
  newest.set(plan, tasks);
  return origin ? new NewTasks(withReused(tasks, origin.reused), now) : tasks;
}

function withReused({ records, now }: NewTasks, reused: NonNullable<Admission['origin']>['reused']): TaskRecord[] {
  return records.map((task) => {
    const step = reused.get(task.id);
    const waitingOn = task.needs.filter((need) => !reused.has(need)).length;
    if (!step) return { ...task, waitingOn, state: stateOf(waitingOn) };
    return { ...task, waitingOn, state: 'succeeded', completedAt: now, outputs: step.outputs, reusedFrom: step.ranIn };
  });
}

function outlineTasks(plan: Plan, now: number): TaskRecord[] {
  const dependents = new Map<string, string[]>();
  for (const task of plan.tasks) for (const need of task.needs) dependents.set(need, [...(dependents.get(need) ?? []), task.id]);
  return plan.tasks.map((task) => outlineTask(task, dependents.get(task.id) ?? [], now));
}

const stateOf = (waitingOn: number): 'ready' | 'blocked' => (waitingOn === 0 ? 'ready' : 'blocked');

function outlineTask(task: PlannedTask, dependents: string[], now: number): TaskRecord {
  return {
    id: task.id,
    uses: task.uses,
    packageDigest: task.packageDigest,
    packageOwner: task.packageOwner,
    state: stateOf(task.needs.length),
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
    readyAt: now,
    notBefore: now,
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
  };
}
