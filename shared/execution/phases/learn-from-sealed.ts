import { learnFromRun } from '../../estimate/learn-from-run.ts';
import type { Deps } from '../../port/deps.ts';
import type { ExecutionRecord, TaskRecord } from '../execution-record.ts';

/** Learns from what a run took that was sealed just now. */
export async function learnFromSealed(deps: Deps, head: ExecutionRecord, tasks: readonly TaskRecord[]): Promise<void> {
  await learnFromRun(deps, head.tenant, {
    workflow: head.workflow.name,
    isSucceeded: head.state === 'succeeded',
    inputBytes: head.inputBytes,
    estimatedUsdMicros: head.estimatedCostUsdMicros,
    actualUsdMicros: head.actualCostUsdMicros,
    attempts: tasks.flatMap(({ id: taskId, uses, resourceClass, attempts }) =>
      attempts.flatMap(({ wallMs, failure }) => (failure === null && wallMs !== null ? [{ taskId, uses, resourceClass, wallMs }] : [])),
    ),
  });
}
