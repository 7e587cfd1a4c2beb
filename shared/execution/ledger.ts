/** The cost ledger of a tenant: a row a run, from its seal on. What an open run is estimated to cost stands in its head, and is reserved in the usage of its tenant. */
import { z } from 'zod';
import { UsdMicros } from '../core/money.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { isoTime } from '../port/clock.ts';
import type { Key, WriteOp } from '../port/table.ts';
import type { ExecutionRecord } from './execution-record.ts';

/** One line of the ledger; `basis` tells a measured amount from a guess: earlier versions wrote a line for a run when it began. */
export const LedgerRow = z.object({
  executionId: z.string(),
  basis: z.enum(['estimated', 'measured']),
  estimatedUsdMicros: UsdMicros,
  measuredUsdMicros: UsdMicros.nullable(),
  at: z.iso.datetime().describe('When the amount became known'),
});
export type LedgerRow = z.infer<typeof LedgerRow>;

type Run = Pick<ExecutionRecord, 'tenant' | 'id' | 'createdAt' | 'estimatedCostUsdMicros'> & { budgetDay: string };

/** Days are the tenant's own, so a row stays where its money counts. */
export function ledgerPk(tenant: TenantId, day: string): string {
  return `T#${tenant}#LEDGER#${day}`;
}

const ledgerKey = ({ tenant, id, budgetDay }: Run): Key => ({ pk: ledgerPk(tenant, budgetDay), sk: id });

/** What the run cost in the end, with the estimate beside it: all of the row is known, so the one that is there need not be read. */
export function ledgerOp(run: Run, measuredUsdMicros: UsdMicros, endedAt: number): WriteOp {
  const row: LedgerRow = {
    executionId: run.id,
    basis: 'measured',
    estimatedUsdMicros: run.estimatedCostUsdMicros,
    measuredUsdMicros,
    at: isoTime(endedAt),
  };
  return { kind: 'put', item: { ...ledgerKey(run), ...row } };
}
