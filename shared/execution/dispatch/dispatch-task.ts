/**
 * From a ready task to a completed one. A message is only a hint: the claim is a conditional write, so a lost, doubled or late message
 * never runs an attempt twice. Safe to call any number of times for the same message.
 */
import { msSince } from '../../port/clock.ts';
import type { Deps } from '../../port/deps.ts';
import { metricNames } from '../../port/metrics.ts';
import type { TaskMessage } from '../../port/task-queue.ts';
import { claimTask, type ClaimedTask } from './claim-task.ts';
import { completeTask } from './complete-task.ts';
import { findTask } from '../execution-store.ts';
import { pauseLeftMs } from './retry-policy.ts';
import { wakeFinishedRun } from './wake-finished-run.ts';
import { brokenAttempt, runAttempt, type EndedAttempt } from './run-attempt.ts';
import { storeEnd } from './store-end.ts';

/** SQS delays at most this long; a longer pause is slept in pieces. */
const maxQueueDelayMs = 900_000;

/** Claims the task if it is ready, runs one attempt and completes it. */
export async function dispatchTask(deps: Deps, message: TaskMessage): Promise<void> {
  const { tenant, executionId, taskId } = message;
  const found = await findTask(deps, tenant, executionId, taskId);
  if (!found) return;
  const { head, task } = found;
  if (task.state !== 'ready' || head.outcome !== 'open') {
    // An earlier dispatcher may have died between its last write and the wake-up that should have followed.
    if (task.state !== 'running') await wakeFinishedRun(deps, { tenant, executionId }, head);
    return;
  }
  const waitMs = pauseLeftMs(task, deps.clock.now());
  if (waitMs > 0) {
    await deps.queue.send([message], Math.min(waitMs, maxQueueDelayMs));
    return;
  }
  const claimed = await claimTask(deps, head, task);
  if (!claimed) return;
  if (head.startedAt === null) deps.metrics.record(metricNames.publishToStartMs, msSince(head.createdAt, claimed.claimedAt));
  await runClaimedTask(deps, claimed);
}

/** Runs one attempt of a task that this process has claimed, and completes it. Thousands of attempts may be under way; none of them keeps a frame of this. */
export async function runClaimedTask(deps: Deps, claimed: ClaimedTask): Promise<void> {
  const { task, claimedAt } = claimed;
  await deps.faults.hit('dispatch:after-claim');
  deps.metrics.record(metricNames.queueMs, msSince(Math.max(task.readyAt, task.notBefore), claimedAt));
  return runAttempt(deps, claimed.head, task).then(
    (ended) => endClaimed(deps, claimed, ended),
    (error: unknown) => endClaimed(deps, claimed, brokenAttempt(deps, claimed, error)),
  );
}

async function endClaimed(deps: Deps, claimed: ClaimedTask, ended: EndedAttempt): Promise<void> {
  const { head, task } = claimed;
  const complete = (): Promise<void> => completeTask(deps, claimed, ended, (next) => runClaimedTask(deps, next));
  if ((await storeEnd(deps, claimed, complete)) > 1) {
    // An earlier try may have been written without what follows it; the message finds out.
    await deps.queue.send([{ tenant: head.tenant, executionId: head.id, taskId: task.id }]);
  }
}
