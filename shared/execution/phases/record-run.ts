import type { Deps } from '../../port/deps.ts';
import type { PhaseInput } from '../../port/phases.ts';
import { learnFromRun } from '../../estimate/learn-from-run.ts';
import { headKey, openPartitionsOf } from '../execution-record.ts';
import { getExecutionRecord, readTasks } from '../execution-store.ts';
import { terminalStates } from '../execution.ts';

/** Closes a sealed run, so that no sweep finds it any more, and learns from what it took. Repeating it changes nothing. */
export async function recordRun(deps: Deps, { tenant, executionId }: PhaseInput): Promise<void> {
  const head = await getExecutionRecord(deps, tenant, executionId);
  const { ok } = await deps.table.write([
    {
      kind: 'update',
      key: headKey(tenant, executionId),
      remove: ['gsi2pk', 'gsi2sk', 'phaseToken'],
      conditions: [
        { kind: 'in', field: 'state', values: terminalStates },
        { kind: 'in', field: 'gsi2pk', values: openPartitionsOf(executionId) },
      ],
    },
  ]);
  if (!ok) return;
  await deps.faults.hit('record:after-write');
  const tasks = await readTasks(deps, head);
  await learnFromRun(deps, tenant, {
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
