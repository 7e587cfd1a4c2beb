/**
 * Compensation of a failed or cancelled run: what succeeded and declares how to undo it is undone, none before what needed it, each exactly once. The claim and the
 * result are conditional writes; a repeated attempt after a crash carries the same idempotency key. Nothing stops it, a cancel neither: half undone is worse than done.
 */
import type { Deps } from '../../port/deps.ts';
import type { PhaseInput } from '../../port/phases.ts';
import type { Condition } from '../../port/table.ts';
import { headKey, taskKey, type ExecutionRecord, type TaskRecord } from '../execution-record.ts';
import { getExecutionRecord, getTasks, listTasks } from '../execution-store.ts';
import { openStates } from '../execution.ts';
import { withBegun } from '../begin-attempt.ts';
import { storedChange } from '../stored-task.ts';
import type { FailedAttempt } from '../dispatch/retry-policy.ts';
import { decisionLogOps } from '../decision-log.ts';
import { countRefused, egressAuditOps } from '../dispatch/attempt-egress.ts';
import { withEnded } from '../dispatch/attempt-list.ts';
import { brokenAttempt, runAttempt, type EndedAttempt } from '../dispatch/run-attempt.ts';
import { storeEnd } from '../dispatch/store-end.ts';
import { inUndoOrder } from './undo-order.ts';

/** Undoing is worth more patience than doing; after this many failures a person has to look. */
const maxAttempts = 5;
/** A compensation whose dispatchers keep dying would otherwise kill dispatchers for ever; the same number as for tasks. */
const maxLosses = 5;
const baseDelayMs = 500;
const maxDelayMs = 60_000;
/** Between two calls a store out of order lets the pause grow further: each call is nine events in the history of the supervision, and Step Functions ends that at 25,000. */
const maxDelayOfCallsMs = 10 * 60_000;
/** Beyond the task's own limit: fetching, storing and one slow write. */
const leaseGraceMs = 60_000;

/** Whether all that was to be undone is; if not, whoever called calls again after so many whole seconds. */
export type CompensationRound = {
  isDone: boolean;
  waitSeconds: number;
};

/** One call, which may be ended from outside when its time is up. */
interface Call {
  head: ExecutionRecord;
  /** Whether something of so many milliseconds would end in time. */
  hasTime(ms: number): boolean;
  /** Whether it has tried anything yet. */
  hasBegun: boolean;
}

/**
 * Compensates a failed or cancelled run; does nothing for any other. Who ends the call after `maxMs` milliseconds says so: nothing is begun then, and nobody waited
 * for, that might not end in time, and another call goes on. Only the first attempt of a call begins in any case, so each call gets somewhere, however long that one may take.
 */
export async function compensateRun(
  deps: Deps,
  { tenant, executionId }: PhaseInput,
  { maxMs = Infinity }: { maxMs?: number } = {},
): Promise<CompensationRound> {
  const until = deps.clock.elapsedMs() + maxMs;
  const head = await getExecutionRecord(deps, tenant, executionId);
  if (head.outcome === 'open' || head.receiptId !== null) return { isDone: true, waitSeconds: 0 };
  await deps.table.write([{ kind: 'update', key: headKey(tenant, executionId), set: { state: 'compensating' }, conditions: [isOpen] }]);
  const undone = inUndoOrder(await listTasks(deps, head)).filter(
    (task) => task.compensation === 'pending' || task.compensation === 'running',
  );
  const call: Call = { head, hasTime: (ms) => deps.clock.elapsedMs() + ms <= until, hasBegun: false };
  for (const task of undone) {
    const waitMs = await compensateTask(deps, call, task);
    if (waitMs !== null) return { isDone: false, waitSeconds: Math.ceil(waitMs / 1_000) };
  }
  return { isDone: true, waitSeconds: 0 };
}

const isOpen = { kind: 'in', field: 'state', values: openStates } as const;

/** Null when the compensation has ended; else in how many milliseconds another call is to go on with it. */
async function compensateTask(deps: Deps, call: Call, first: TaskRecord): Promise<number | null> {
  const { head } = call;
  let task: TaskRecord | undefined = first;
  while (task && task.compensation !== 'done' && task.compensation !== 'failed') {
    const needsMs = task.timeoutMs + leaseGraceMs;
    if (call.hasBegun && !call.hasTime(needsMs)) return 0;
    const tried = await tryToUndo(deps, call, task);
    if (tried === 'hopeless') await giveUp(deps, head, task);
    else if (tried !== 'held') {
      if (tried.compensation === 'pending') {
        const pause = { attempt: tried.attempt, random: deps.ids.random() };
        const pauseMs = pauseAfter(pause, maxDelayMs);
        if (!call.hasTime(pauseMs + needsMs)) return pauseAfter(pause, maxDelayOfCallsMs);
        await deps.clock.sleep(pauseMs, deps.queue.closing);
      }
    } else {
      // Somebody else holds it; wait for the result or for the end of the lease.
      const heldMs = Math.max(0, task.leaseUntil - deps.clock.now());
      if (!call.hasTime(heldMs + needsMs)) return heldMs;
      await deps.clock.sleep(baseDelayMs, deps.queue.closing);
    }
    [task] = await getTasks(deps, head, [task.id]);
  }
  return null;
}

/** What became of a look at a compensation: an attempt of this call, which has ended, or none. */
type Tried = { attempt: number; compensation: TaskRecord['compensation'] } | 'hopeless' | 'held';

/** Claims the compensation and runs the attempt. Its slot is had before the claim, whose lease begins at once. */
async function tryToUndo(deps: Deps, call: Call, task: TaskRecord): Promise<Tried> {
  const work = async (): Promise<Tried> => {
    const claimed = await claim(deps, call.head, task);
    if (typeof claimed === 'string') return claimed;
    call.hasBegun = true;
    return { attempt: claimed.compensationAttempt, compensation: await undo(deps, call.head, claimed) };
  };
  return deps.queue.inSlot?.(work) ?? work();
}

/** Runs the attempt that was claimed, to its end; answers what the compensation is now. */
async function undo(deps: Deps, head: ExecutionRecord, claimed: TaskRecord): Promise<TaskRecord['compensation']> {
  await deps.faults.hit('compensate:after-claim');
  const ended = await runAttempt(deps, head, claimed, 'compensation').catch((error: unknown) =>
    brokenAttempt(deps, { head, task: claimed }, error),
  );
  await deps.faults.hit('compensate:after-run');
  const gaveUp = ended.failed !== null && isFinal(ended.failed, claimed.compensationAttempt);
  const state = ended.failed === null ? 'done' : gaveUp ? 'failed' : 'pending';
  if (state === 'failed')
    deps.logger.error('a compensation failed', { executionId: head.id, taskId: claimed.id, failure: ended.failed?.failure });
  await storeEnd(deps, { head, task: claimed }, () => finish(deps, { head, task: claimed }, state, ended));
  return state;
}

/** A store out of order is never the end: it says nothing about whether the undoing works. */
function isFinal({ failure, retryable }: FailedAttempt, attempt: number): boolean {
  return !retryable || (attempt >= maxAttempts && failure !== 'store');
}

function pauseAfter({ attempt, random }: { attempt: number; random: number }, maxMs: number): number {
  return Math.min(maxMs, baseDelayMs * 2 ** attempt) * (0.5 + random / 2);
}

async function claim(deps: Deps, head: ExecutionRecord, task: TaskRecord): Promise<TaskRecord | 'hopeless' | 'held'> {
  const now = deps.clock.now();
  if (task.compensation === 'running' && task.leaseUntil > now) return 'held';
  // Nobody runs it now, so an attempt without an end never had one.
  if (task.compensationAttempts.filter(({ endedAt }) => endedAt === null).length > maxLosses) return 'hopeless';
  const attempt = task.compensationAttempt + 1;
  const change = {
    compensation: 'running',
    compensationAttempt: attempt,
    compensationAttempts: withBegun(task.compensationAttempts, attempt, now),
    leaseUntil: now + task.timeoutMs + leaseGraceMs,
  } as const satisfies Partial<TaskRecord>;
  const { ok } = await deps.table.write([
    {
      kind: 'update',
      key: taskKey(head.tenant, head.id, task.id),
      set: storedChange(change),
      conditions: asSeen(task),
    },
  ]);
  return ok ? { ...task, ...change } : 'held';
}

/** Ends a compensation that lost too many attempts; the receipt says so, and a person has to look. */
async function giveUp(deps: Deps, head: ExecutionRecord, task: TaskRecord): Promise<void> {
  const place = { executionId: head.id, taskId: task.id };
  const key = taskKey(head.tenant, head.id, task.id);
  const { ok } = await deps.table.write([{ kind: 'update', key, set: { compensation: 'failed' }, conditions: asSeen(task) }]);
  if (ok) deps.logger.error('a compensation failed', { ...place, failure: 'lost' });
}

/** Nobody claimed, freed or ended the compensation since it was read. The end of an attempt that was freed leaves the same state and number, but takes the lease away. */
function asSeen({ compensation, compensationAttempt, leaseUntil }: TaskRecord): Condition[] {
  return [
    { kind: 'compare', field: 'compensation', op: '=', value: compensation },
    { kind: 'compare', field: 'compensationAttempt', op: '=', value: compensationAttempt },
    ...(leaseUntil === 0 ? [] : [{ kind: 'compare', field: 'leaseUntil', op: '=', value: leaseUntil } as const]),
  ];
}

async function finish(
  deps: Deps,
  { head, task }: { head: ExecutionRecord; task: TaskRecord },
  compensation: TaskRecord['compensation'],
  ended: EndedAttempt,
): Promise<void> {
  const compensationAttempts = withEnded(task.compensationAttempts, task.compensationAttempt, ended, deps.clock.now());
  const name = { task, purpose: 'compensation', attempt: task.compensationAttempt } as const;
  const { ok } = await deps.table.write([
    {
      kind: 'update',
      key: taskKey(head.tenant, head.id, task.id),
      set: storedChange({ compensation, compensationAttempts, leaseUntil: 0 }),
      add: { costUsdMicros: ended.costUsdMicros },
      conditions: [
        { kind: 'compare', field: 'compensationAttempt', op: '=', value: task.compensationAttempt },
        // A dispatcher that was only slow may still bring the result of an attempt that was given up, until the compensation ended otherwise.
        { kind: 'in', field: 'compensation', values: ['pending', 'running'] },
        // The same end, of which only the answer was lost, is not written a second time.
        { kind: 'compare', field: 'leaseUntil', op: '=', value: task.leaseUntil },
      ],
    },
    ...(await decisionLogOps(deps, head, name, ended.decisionLog)),
    ...egressAuditOps(deps, head, name, ended.egress),
  ]);
  if (ok) countRefused(deps, head, ended.egress);
}
