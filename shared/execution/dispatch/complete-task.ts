/**
 * The end of an attempt as one conditional write: the task's new state, and the tasks that became ready or the failure that closes the run. Two attempts that
 * end at once may touch the same dependent; the loser of that race reads again, so no release is lost and none happens twice.
 */
import { InvariantError } from '../../core/errors.ts';
import type { Deps } from '../../port/deps.ts';
import type { WriteOp } from '../../port/table.ts';
import type { ReservedSlots, TaskMessage } from '../../port/task-queue.ts';
import { decisionLogOps } from '../decision-log.ts';
import { countRefused, egressAuditOps } from './attempt-egress.ts';
import { withEnded } from './attempt-list.ts';
import { claimOf, runIsOpen, type ClaimedTask } from './claim-task.ts';
import { headKey, taskKey, type ExecutionRecord, type TaskRecord } from '../execution-record.ts';
import { getExecutionRecord, getTasks } from '../execution-store.ts';
import { storedChange } from '../stored-task.ts';
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
    return succeeded(deps, { head, task }, change, mayClaim);
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
  return {
    kind: 'update',
    key: taskKey(head.tenant, head.id, task.id),
    set: storedChange(change),
    conditions: [
      { kind: 'compare', field: 'state', op: '=', value: 'running' },
      { kind: 'compare', field: 'attempt', op: '=', value: task.attempt },
    ],
  };
}

/** The first failure closes the run and is the one that is reported; one that comes after a cancel closes nothing. */
function failRunOps(head: ExecutionRecord, task: TaskRecord, { failed }: EndedAttempt): WriteOp[] {
  if (head.outcome !== 'open') return [];
  const error = { taskId: task.id, failure: failed?.failure ?? 'error', message: failed?.message ?? '' };
  const conditions = [{ kind: 'compare', field: 'outcome', op: '=', value: 'open' }] as const;
  return [{ kind: 'update', key: headKey(head.tenant, head.id), set: { outcome: 'failed', error }, conditions }];
}

async function succeeded(
  deps: Deps,
  { head, task }: Pick<ClaimedTask, 'head' | 'task'>,
  change: Partial<TaskRecord>,
  mayClaim: boolean,
): Promise<Completion> {
  const ops = [taskOp(head, task, { ...change, ...(task.compensateUses !== null && { compensation: 'pending' }) })];
  const dependents = task.dependents.length === 0 ? [] : await getTasks(deps, head.tenant, head.id, task.dependents);
  const ready = dependents.filter(isNext);
  const slots = mayClaim && ready.length > 0 ? deps.queue.reserve?.(ready.length) : undefined;
  const now = deps.clock.now();
  const begun: ClaimedTask[] = [];
  for (const dependent of dependents) {
    const released = isNext(dependent) && releaseOf(dependent, now, slots !== undefined);
    if (released && slots) begun.push({ head, task: { ...dependent, waitingOn: 0, ...released }, claimedAt: now });
    ops.push({
      kind: 'update',
      key: taskKey(head.tenant, head.id, dependent.id),
      add: { waitingOn: -1 },
      ...(released && { set: storedChange(released) }),
      conditions: [{ kind: 'compare', field: 'waitingOn', op: '=', value: dependent.waitingOn }],
    });
  }
  if (!slots) return { ops, messages: ready.map(({ id }) => messageFor(head, id)), delayMs: 0 };
  ops.push({ kind: 'check', key: headKey(head.tenant, head.id), conditions: [runIsOpen] });
  return { ops, messages: [], delayMs: 0, claims: { tasks: begun, slots, checkAt: ops.length - 1 } };
}

const isNext = ({ waitingOn }: TaskRecord): boolean => waitingOn === 1;

/** What the last of its needs changes of a task: it is ready, or claimed at once. */
function releaseOf(task: TaskRecord, now: number, isClaimed: boolean): Pick<TaskRecord, 'state' | 'readyAt' | 'notBefore'> {
  const ready = { state: 'ready', readyAt: now, notBefore: now } as const;
  return isClaimed ? { ...ready, ...claimOf(task, now) } : ready;
}

function messageFor(head: ExecutionRecord, taskId: string): TaskMessage {
  return { tenant: head.tenant, executionId: head.id, taskId };
}
