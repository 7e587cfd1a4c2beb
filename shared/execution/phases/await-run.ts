import type { Deps } from '../../port/deps.ts';
import type { PhaseInput, TasksEnd } from '../../port/phases.ts';
import { headKey } from '../execution-record.ts';
import { getExecutionRecord, isFinished, readTasks } from '../execution-store.ts';

/** Whether the tasks are finished, and how. */
export interface RunEnd {
  isFinished: boolean;
  outcome: TasksEnd['outcome'];
}

/** There is such a run, and it is not purged. */
const isRun = [{ kind: 'present' }, { kind: 'unset', field: 'tombstone' }] as const;

/**
 * Says whether the tasks of a run are finished. With a task token it leaves the token where the last completion finds it, and looks once more
 * afterwards: whichever of the two comes second sees the other, so the wake-up is never lost.
 */
export async function awaitRun(deps: Deps, input: PhaseInput, token?: string): Promise<RunEnd> {
  const key = headKey(input.tenant, input.executionId);
  if (token !== undefined) await deps.table.write([{ kind: 'update', key, set: { phaseToken: token }, conditions: isRun }]);
  const head = await getExecutionRecord(deps, input.tenant, input.executionId);
  const isOver = isFinished(head, await readTasks(deps, head));
  if (isOver && token !== undefined) await deps.phases.finishRun(input, { token, outcome: head.outcome });
  return { isFinished: isOver, outcome: head.outcome };
}
