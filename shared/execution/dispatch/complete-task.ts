/**
 * The end of an attempt as one conditional write: the task's new state, and the tasks that became ready or the failure that closes the run. Two attempts that
 * end at once may touch the same dependent; the loser of that race reads again, so no release is lost and none happens twice.
 */
import { InvariantError } from '../../core/errors.ts';
import type { Deps } from '../../port/deps.ts';
import type { Condition, WriteOp } from '../../port/table.ts';
import type { ReservedSlots, TaskMessage } from '../../port/task-queue.ts';
import { decisionLogOps } from '../decision-log.ts';
import { countRefused, egressAuditOps } from './attempt-egress.ts';
import { withEnded } from './attempt-list.ts';
import { runIsOpen, type ClaimedTask } from './claim-task.ts';
import { releaseOf } from '../begin-attempt.ts';
import { changeTaskOp } from '../change-task.ts';
import { headKey, type ExecutionRecord, type TaskRecord } from '../execution-record.ts';
import { getExecutionRecord, getTasks } from '../execution-store.ts';
import { readOutline, rowless, taskWithoutRow } from '../task-outline.ts';
import { decideAfterFailure, type AfterFailure } from './retry-policy.ts';
import type { EndedAttempt } from './run-attempt.ts';
import { wakeFinishedRun } from './wake-finished-run.ts';

/** Attempts at the write; every lost race means that another completion won, so progress is certain. */
const maxWriteAttempts = 100;

interface Completion {
  ops: WriteOp[];
  /** What to send after the write, and when. */
  messages: TaskMessage[];
  delayMs: number;
  /** What this process runs at once, because the write claims it in free slots; `checkAt` is where it holds the run open. */
  claims?: { tasks: readonly ClaimedTask[]; slots: ReservedSlots; checkAt: number };
}

/** Runs an attempt that the completion of another one has claimed. */
type RunNext = (claimed: ClaimedTask) => Promise<void>;

/**
 * Completes a claimed attempt; does nothing when it was taken away in the meantime (its lease ran out). With `runNext`, tasks that become ready are claimed in the
 * same write where this process has free slots, and run at once: a chain of tasks then needs one write a task.
 */
export async function completeTask(
  deps: Deps,
  { head, task }: Pick<ClaimedTask, 'head' | 'task'>,
  ended: EndedAttempt,
  runNext?: RunNext,
): Promise<void> {
  const after =
    ended.failed &&
    decideAfterFailure(task, ended.failed, { now: deps.clock.now(), deadlineAt: head.deadlineAt, random: deps.ids.random() });
  const name = { task, purpose: 'task', attempt: task.attempt } as const;
  const records = [...(await decisionLogOps(deps, head, name, ended.decisionLog)), ...egressAuditOps(deps, head, name, ended.egress)];
  let mayClaim = runNext !== undefined;
  for (let round = 0; round < maxWriteAttempts; round += 1) {
    const completion = await buildCompletion(deps, { head, task }, { ended, after, mayClaim });
    const { claims } = completion;
    const result = await deps.table.write([...completion.ops, ...records]).catch((error: unknown) => {
      claims?.slots.release();
      throw error;
    });
    if (result.ok) {
      countRefused(deps, head, ended.egress);
      await deps.faults.hit('dispatch:after-complete');
      if (claims && runNext) claims.slots.run(claims.tasks.map((claimed) => () => runNext(claimed)));
      await handOn(deps, { head, task }, completion);
      return;
    }
    claims?.slots.release();
    // Position 0 is the attempt itself: another dispatcher completed or took it, and its write stands.
    if (result.failed.includes(0)) return;
    // The run was closed: what becomes ready in it is not begun any more.
    if (claims && result.failed.includes(claims.checkAt)) mayClaim = false;
  }
  throw new InvariantError(`task ${task.id} of ${head.id} could not be completed in ${maxWriteAttempts} rounds`);
}

/**
 * Only a task that nothing waits for, or the end of the last attempt of a closed run, can be the end of the tasks. Where the write claimed a next attempt, it
 * held the run open as well, and the end of that attempt looks again.
 */
async function handOn(
  deps: Deps,
  { head, task }: Pick<ClaimedTask, 'head' | 'task'>,
  { messages, delayMs, claims }: Completion,
): Promise<void> {
  if (claims !== undefined) return;
  if (messages.length > 0) await deps.queue.send(messages, delayMs);
  const current = await getExecutionRecord(deps, head.tenant, head.id);
  if (task.dependents.length > 0 && current.outcome === 'open') return;
  await wakeFinishedRun(deps, { tenant: head.tenant, executionId: head.id }, current);
}

async function buildCompletion(
  deps: Deps,
  { head, task }: Pick<ClaimedTask, 'head' | 'task'>,
  { ended, after, mayClaim }: { ended: EndedAttempt; after: AfterFailure | null; mayClaim: boolean },
): Promise<Completion> {
  const now = deps.clock.now();
  const attempts = withEnded(task.attempts, task.attempt, ended, now);
  const paid = { costUsdMicros: task.costUsdMicros + ended.costUsdMicros };
  if (after === null) {
    const change = { attempts, ...paid, state: 'succeeded', outputs: ended.outputs, completedAt: now } as const;
    return succeeded(deps, { head, task }, { change, now, mayClaim });
  }
  const counted = countFailure(task, ended);
  if (after.kind === 'fail') {
    const current = await getExecutionRecord(deps, head.tenant, head.id);
    const wasStopped = current.outcome === 'cancelled' && ended.failed?.failure === 'cancelled';
    const change = { attempts, ...paid, ...counted, state: wasStopped ? 'cancelled' : 'failed', completedAt: now } as const;
    return { ops: [taskOp(head, task, change), ...failRunOps(current, task, ended)], messages: [], delayMs: 0 };
  }
  const change = { attempts, ...paid, ...counted, state: 'ready', readyAt: now, notBefore: now + after.delayMs } as const;
  return { ops: [taskOp(head, task, change)], messages: [messageFor(head, task.id)], delayMs: after.delayMs };
}

function countFailure(task: TaskRecord, { failed }: EndedAttempt): Pick<TaskRecord, 'failures' | 'losses'> {
  const isLost = failed?.failure === 'lost';
  const isOurs = isLost || failed?.failure === 'store';
  return { failures: task.failures + (isOurs ? 0 : 1), losses: task.losses + (isLost ? 1 : 0) };
}

/** The op at position 0: it holds only while this very attempt is the one that runs. */
function taskOp(head: ExecutionRecord, task: TaskRecord, change: Partial<TaskRecord>): WriteOp {
  return changeTaskOp(head, task, change, [
    { kind: 'compare', field: 'state', op: '=', value: 'running' },
    { kind: 'compare', field: 'attempt', op: '=', value: task.attempt },
  ]);
}

/** The first failure closes the run and is the one that is reported; one that comes after a cancel closes nothing. */
function failRunOps(head: ExecutionRecord, task: TaskRecord, { failed }: EndedAttempt): WriteOp[] {
  if (head.outcome !== 'open') return [];
  const error = { taskId: task.id, failure: failed?.failure ?? 'error', message: failed?.message ?? '' };
  const conditions = [{ kind: 'compare', field: 'outcome', op: '=', value: 'open' }] as const;
  return [{ kind: 'update', key: headKey(head.tenant, head.id), set: { outcome: 'failed', error }, conditions }];
}

/** `alone` tasks get no row here: that this one succeeded, when, and which of them it began says it all. */
async function succeeded(
  deps: Deps,
  { head, task }: Pick<ClaimedTask, 'head' | 'task'>,
  { change, now, mayClaim }: { change: Partial<TaskRecord>; now: number; mayClaim: boolean },
): Promise<Completion> {
  const { alone, others } = await dependentsOf(deps, head, task);
  const ready = [...alone, ...others.filter(isNext)];
  const slots = mayClaim && ready.length > 0 ? deps.queue.reserve?.(ready.length) : undefined;
  const changeOf = (next: TaskRecord): Partial<TaskRecord> =>
    isNext(next) ? releaseOf(next, now, slots !== undefined) : { waitingOn: next.waitingOn - 1 };
  const own: Partial<TaskRecord> = { ...change };
  if (task.compensateUses !== null) own.compensation = 'pending';
  if (slots && alone.length > 0) own.begun = alone.map(({ id }) => id);
  const ops = [taskOp(head, task, own), ...others.map((next) => changeTaskOp(head, next, changeOf(next), [stillWaitsOn(next)]))];
  if (!slots) return { ops, messages: ready.map(({ id }) => messageFor(head, id)), delayMs: 0 };
  ops.push({ kind: 'check', key: headKey(head.tenant, head.id), conditions: [runIsOpen] });
  const begin = (next: TaskRecord): TaskRecord => ({ ...next, ...changeOf(next) });
  const begun = [...alone.map(begin).map(rowless), ...others.filter(isNext).map(begin)];
  const tasks = begun.map((next) => ({ head, task: next, claimedAt: now }));
  return { ops, messages: [], delayMs: 0, claims: { tasks, slots, checkAt: ops.length - 1 } };
}

/** What waits for a task that runs: `alone` for it alone and without a row, which it gets when something becomes of it after this. */
async function dependentsOf(deps: Deps, head: ExecutionRecord, task: TaskRecord): Promise<{ alone: TaskRecord[]; others: TaskRecord[] }> {
  const outline = task.dependents.length === 0 ? undefined : await readOutline(deps, head);
  if (!outline) return { alone: [], others: await getTasks(deps, head, task.dependents) };
  const ids = outline.alone.get(task.id) ?? [];
  const others = ids.length === task.dependents.length ? [] : task.dependents.filter((id) => !ids.includes(id));
  return {
    alone: ids.flatMap((id) => taskWithoutRow(outline, head, id, new Map()) ?? []),
    others: others.length === 0 ? [] : await getTasks(deps, head, others),
  };
}

const isNext = ({ waitingOn }: TaskRecord): boolean => waitingOn === 1;

const stillWaitsOn = ({ waitingOn }: TaskRecord): Condition => ({ kind: 'compare', field: 'waitingOn', op: '=', value: waitingOn });

function messageFor(head: ExecutionRecord, taskId: string): TaskMessage {
  return { tenant: head.tenant, executionId: head.id, taskId };
}
