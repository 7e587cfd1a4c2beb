import type { Deps } from '../../port/deps.ts';
import type { PhaseInput } from '../../port/phases.ts';
import { headKey, openPartitionsOf } from '../execution-record.ts';
import { getExecutionRecord } from '../execution-store.ts';
import { terminalStates } from '../execution.ts';

/**
 * Closes a run that a version before this sealed and left open, so that no sweep finds it any more; the seal of this version closes it in its own write. Repeating it changes
 * nothing.
 */
export async function recordRun(deps: Deps, { tenant, executionId }: PhaseInput): Promise<void> {
  const { gsi2pk } = await getExecutionRecord(deps, tenant, executionId);
  if (gsi2pk === undefined) return;
  await deps.table.write([
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
}
