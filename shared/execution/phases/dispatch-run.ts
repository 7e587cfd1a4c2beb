import type { Deps } from '../../port/deps.ts';
import type { PhaseInput } from '../../port/phases.ts';
import { findExecution, listTasks } from '../execution-store.ts';

/** Sends what is ready and not yet started: after admission that is nothing new, after a crash between write and send it is everything. */
export async function dispatchRun(deps: Deps, { tenant, executionId }: PhaseInput): Promise<void> {
  const head = await findExecution(deps, tenant, executionId);
  // Once a task started, its completion sends the next ones.
  if (!head || head.state !== 'queued') return;
  const ready = (await listTasks(deps, head)).filter((task) => task.state === 'ready');
  await deps.queue.send(ready.map((task) => ({ tenant, executionId, taskId: task.id })));
}
