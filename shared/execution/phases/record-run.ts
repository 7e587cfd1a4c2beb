import { z } from 'zod';
import { isoTime } from '../../port/clock.ts';
import type { Deps } from '../../port/deps.ts';
import { metricNames } from '../../port/metrics.ts';
import type { PhaseInput } from '../../port/phases.ts';
import { headKey } from '../execution-record.ts';
import { getExecutionRecord } from '../execution-store.ts';

/** One line of the cost ledger; `basis` tells a measured amount from a guess. */
export const LedgerRow = z.object({
  executionId: z.string(),
  basis: z.enum(['estimated', 'measured']),
  estimatedUsdMicros: z.int(),
  actualUsdMicros: z.int(),
  at: z.iso.datetime(),
});

/** Files the cost of a sealed run and closes it, in one write; afterwards no sweep finds it any more. Repeating it changes nothing. */
export async function recordRun(deps: Deps, { tenant, executionId }: PhaseInput): Promise<void> {
  const head = await getExecutionRecord(deps, tenant, executionId);
  const at = isoTime(head.endedAt ?? deps.clock.now());
  const row: z.infer<typeof LedgerRow> = {
    executionId,
    basis: 'measured',
    estimatedUsdMicros: head.estimatedCostUsdMicros,
    actualUsdMicros: head.actualCostUsdMicros,
    at,
  };
  const { ok } = await deps.table.write([
    { kind: 'put', item: { pk: `T#${tenant}#LEDGER#${at.slice(0, 10)}`, sk: executionId, ...row }, conditions: [{ kind: 'absent' }] },
    {
      kind: 'update',
      key: headKey(tenant, executionId),
      remove: ['gsi2pk', 'gsi2sk', 'phaseToken'],
      conditions: [{ kind: 'in', field: 'state', values: ['succeeded', 'failed'] }],
    },
  ]);
  if (!ok) return;
  await deps.faults.hit('record:after-write');
  deps.metrics.record(metricNames.costEstimateUsd, head.estimatedCostUsdMicros / 1_000_000);
}
