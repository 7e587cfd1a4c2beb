import type { Deps } from '../../port/deps.ts';
import type { PhaseInput } from '../../port/phases.ts';
import type { ExecutionRecord } from '../execution-record.ts';
import { isFinished, readTasks, tasksEnd } from '../execution-store.ts';

/**
 * Wakes the phase that waits for the tasks when they are finished. Of completions that end at once each lists the tasks after its own write, so the
 * last one to write sees all of them done: the wake-up may be doubled, which is harmless, but is never lost.
 */
export async function wakeFinishedRun(deps: Deps, input: PhaseInput, head: ExecutionRecord): Promise<void> {
  if (head.receiptId !== null) return;
  if (isFinished(head, await readTasks(deps, head))) await deps.phases.finishRun(input, tasksEnd(head));
}
