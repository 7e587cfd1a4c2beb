import type { Plan } from '../../plan/plan.ts';
import type { Item, Key } from '../../port/table.ts';
import { madeOfRecord } from '../../port/typed-items.ts';
import { claimOf } from '../begin-attempt.ts';
import { taskSk, type TaskRecord } from '../execution-record.ts';
import { storedTask } from '../stored-task.ts';
import { outlineOf, rowless, taskAt, type TaskOutline } from '../task-outline.ts';
import type { Admission } from './admission.ts';

/** The tasks of a run as it begins. Runs of a plan that begin in the same millisecond share them, so nothing of them is ever changed. */
export class NewTasks {
  readonly records: readonly TaskRecord[];
  /** The outline that says so, where the tasks need no rows for it. */
  readonly outline: TaskOutline['common'];
  /** When the run begins, milliseconds since the Unix epoch. */
  readonly now: number;
  #claimed: NewTasks | undefined;

  constructor(records: readonly TaskRecord[], now: number, outline?: TaskOutline['common']) {
    this.records = outline ? records.map(rowless) : records;
    this.outline = outline;
    this.now = now;
  }

  /** Those that can begin at once. */
  get ready(): TaskRecord[] {
    return this.records.filter(({ state }) => state === 'ready');
  }

  /** Their rows in the partition of a run; none when the outline says it all. */
  itemsIn({ pk }: Pick<Key, 'pk'>): Item[] {
    return this.outline ? [] : this.records.map((task) => madeOfRecord({ ...storedTask(task), pk, sk: taskSk(task.id) }));
  }

  /** The same, with those that are ready claimed for their first attempt. */
  get claimed(): NewTasks {
    const claim = (task: TaskRecord): TaskRecord => (task.state === 'ready' ? { ...task, ...claimOf(task, this.now) } : { ...task });
    return (this.#claimed ??= new NewTasks(this.records.map(claim), this.now, this.outline));
  }
}

/** The tasks of the newest runs of a plan; plans are kept for a while and are never changed. */
const newest = new WeakMap<Plan, NewTasks>();

/** The tasks of a new run: those that need nothing, or nothing that still has to run, are ready at once. */
export function newTasks({ plan, now, origin }: Pick<Admission, 'plan' | 'now' | 'origin'>): NewTasks {
  const known = newest.get(plan);
  const tasks = known?.now === now ? known : outlined(plan, now);
  newest.set(plan, tasks);
  return origin && origin.reused.size > 0 ? new NewTasks(withReused(tasks, origin.reused), now) : tasks;
}

function outlined(plan: Plan, now: number): NewTasks {
  const outline = outlineOf(plan);
  const records = [...outline.tasks.values()].map((task) => taskAt(task, now));
  return new NewTasks(records, now, outline.common);
}

function withReused({ records, now }: NewTasks, reused: NonNullable<Admission['origin']>['reused']): TaskRecord[] {
  return records.map((task) => {
    const step = reused.get(task.id);
    const waitingOn = task.needs.filter((need) => !reused.has(need)).length;
    if (!step) return { ...task, waitingOn, state: waitingOn === 0 ? 'ready' : 'blocked' };
    return { ...task, waitingOn, state: 'succeeded', completedAt: now, outputs: step.outputs, reusedFrom: step.ranIn };
  });
}
