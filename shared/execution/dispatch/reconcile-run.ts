/** Mends a run whose messages or dispatchers were lost: gives up dead attempts, sends forgotten tasks, wakes a forgotten phase. Idempotent. */
import type { Deps } from '../../port/deps.ts';
import type { PhaseInput } from '../../port/phases.ts';
import { completeTask } from './complete-task.ts';
import { taskKey, type TaskRecord } from '../execution-record.ts';
import { findExecution, getExecutionRecord, listTasks } from '../execution-store.ts';
import { pauseLeftMs } from './retry-policy.ts';
import { lostAttempt } from './run-attempt.ts';
import { wakeFinishedRun } from './wake-finished-run.ts';

/** `isOrphan` says which attempts have no dispatcher any more: after a restart all of them, in a sweep those whose lease ran out. */
export async function reconcileRun(deps: Deps, input: PhaseInput, isOrphan: (task: TaskRecord) => boolean): Promise<void> {
  const { tenant, executionId } = input;
  const head = await findExecution(deps, tenant, executionId);
  if (!head || head.receiptId !== null) return;
  for (const task of await listTasks(deps, head)) {
    if (task.state === 'running' && isOrphan(task))
      await completeTask(deps, { head, task }, lostAttempt('the dispatcher of this attempt died'));
    else if (task.compensation === 'running' && isOrphan(task)) await freeCompensation(deps, input, task);
    else if (task.state === 'ready' && head.outcome === 'open') await resend(deps, input, task);
  }
  const current = await getExecutionRecord(deps, tenant, executionId);
  await wakeFinishedRun(deps, input, current);
}

async function resend(deps: Deps, { tenant, executionId }: PhaseInput, task: TaskRecord): Promise<void> {
  const delayMs = Math.min(900_000, pauseLeftMs(task, deps.clock.now()));
  await deps.queue.send([{ tenant, executionId, taskId: task.id }], delayMs);
}

async function freeCompensation(deps: Deps, { tenant, executionId }: PhaseInput, task: TaskRecord): Promise<void> {
  await deps.table.write([
    {
      kind: 'update',
      key: taskKey(tenant, executionId, task.id),
      set: { compensation: 'pending' },
      // One that ended since it was looked at must not be undone a second time.
      conditions: [
        { kind: 'compare', field: 'compensation', op: '=', value: 'running' },
        { kind: 'compare', field: 'compensationAttempt', op: '=', value: task.compensationAttempt },
      ],
    },
  ]);
}
