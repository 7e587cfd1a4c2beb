/**
 * Compensation of a failed run: what succeeded and declares how to undo it is undone, newest first, each exactly once. The claim and the result
 * are conditional writes; a repeated attempt after a crash carries the same idempotency key.
 */
import type { Deps } from '../../port/deps.ts';
import type { PhaseInput } from '../../port/phases.ts';
import { headKey, taskKey, type ExecutionRecord, type TaskRecord } from '../execution-record.ts';
import { getExecutionRecord, getTasks, listTasks } from '../execution-store.ts';
import type { FailedAttempt } from '../dispatch/retry-policy.ts';
import { decisionLogOp } from '../decision-log.ts';
import { withBegun, withEnded } from '../dispatch/attempt-list.ts';
import { runAttempt, type EndedAttempt } from '../dispatch/run-attempt.ts';

/** Undoing is worth more patience than doing; after this many failures a person has to look. */
const maxAttempts = 5;
const baseDelayMs = 500;
const maxDelayMs = 60_000;
/** Beyond the task's own limit: fetching, storing and one slow write. */
const leaseGraceMs = 60_000;

/** Compensates a failed run; does nothing for any other. */
export async function compensateRun(deps: Deps, { tenant, executionId }: PhaseInput): Promise<void> {
  const head = await getExecutionRecord(deps, tenant, executionId);
  if (head.outcome !== 'failed' || head.state === 'failed') return;
  await deps.table.write([{ kind: 'update', key: headKey(tenant, executionId), set: { state: 'compensating' }, conditions: [isOpen] }]);
  const undone = (await listTasks(deps, tenant, executionId))
    .filter((task) => task.compensation === 'pending' || task.compensation === 'running')
    .sort((a, b) => (b.completedAt ?? 0) - (a.completedAt ?? 0));
  for (const task of undone) await compensateTask(deps, head, task);
}

const isOpen = { kind: 'in', field: 'state', values: ['queued', 'running', 'compensating'] } as const;

async function compensateTask(deps: Deps, head: ExecutionRecord, first: TaskRecord): Promise<void> {
  let task: TaskRecord | undefined = first;
  while (task && task.compensation !== 'done' && task.compensation !== 'failed') {
    const claimed = await claim(deps, head, task);
    if (claimed) {
      await deps.faults.hit('compensate:after-claim');
      const ended = await runAttempt(deps, head, claimed, 'compensation');
      await deps.faults.hit('compensate:after-run');
      const gaveUp = ended.failed !== null && isFinal(ended.failed, claimed.compensationAttempt);
      const state = ended.failed === null ? 'done' : gaveUp ? 'failed' : 'pending';
      if (state === 'failed')
        deps.logger.error('a compensation failed', { executionId: head.id, taskId: task.id, failure: ended.failed?.failure });
      await finish(deps, { head, task: claimed }, state, ended);
      if (state === 'pending') await deps.clock.sleep(pauseAfter(claimed.compensationAttempt, deps.ids.random()));
    } else {
      await deps.clock.sleep(baseDelayMs); // Somebody else holds it; wait for the result or for the end of the lease.
    }
    [task] = await getTasks(deps, head.tenant, head.id, [task.id]);
  }
}

/** A store out of order is never the end: it says nothing about whether the undoing works. */
function isFinal({ failure, retryable }: FailedAttempt, attempt: number): boolean {
  return !retryable || (attempt >= maxAttempts && failure !== 'store');
}

function pauseAfter(attempt: number, random: number): number {
  return Math.min(maxDelayMs, baseDelayMs * 2 ** attempt) * (0.5 + random / 2);
}

async function claim(deps: Deps, head: ExecutionRecord, task: TaskRecord): Promise<TaskRecord | undefined> {
  const now = deps.clock.now();
  if (task.compensation === 'running' && task.leaseUntil > now) return undefined;
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
      set: change,
      conditions: [
        { kind: 'compare', field: 'compensation', op: '=', value: task.compensation },
        { kind: 'compare', field: 'compensationAttempt', op: '=', value: task.compensationAttempt },
      ],
    },
  ]);
  return ok ? { ...task, ...change } : undefined;
}

async function finish(
  deps: Deps,
  { head, task }: { head: ExecutionRecord; task: TaskRecord },
  compensation: TaskRecord['compensation'],
  ended: EndedAttempt,
): Promise<void> {
  const compensationAttempts = withEnded(task.compensationAttempts, task.compensationAttempt, ended, deps.clock.now());
  await deps.table.write([
    {
      kind: 'update',
      key: taskKey(head.tenant, head.id, task.id),
      set: { compensation, compensationAttempts },
      add: { costUsdMicros: ended.costUsdMicros },
      conditions: [{ kind: 'compare', field: 'compensationAttempt', op: '=', value: task.compensationAttempt }],
    },
    ...decisionLogOp(head, { task, purpose: 'compensation', attempt: task.compensationAttempt }, ended.decisionLog),
  ]);
}
