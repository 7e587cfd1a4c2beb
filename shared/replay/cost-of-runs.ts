import type { Id } from '../core/id.ts';
import { toUsd } from '../core/money.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { ExecutionRecord, headKey } from '../execution/execution-record.ts';
import { readTombstone } from '../execution/tombstone.ts';
import type { Deps } from '../port/deps.ts';

/** Keys of one read, as the table port allows. */
const keysPerRead = 100;

/** What these runs cost in dollars, measured; only sealed ones are in the answer. */
export async function costOfRuns(
  { table }: Pick<Deps, 'table'>,
  tenant: TenantId,
  ids: readonly Id<'exec'>[],
): Promise<ReadonlyMap<string, number>> {
  const costs = new Map<string, number>();
  for (let start = 0; start < ids.length; start += keysPerRead) {
    const keys = ids.slice(start, start + keysPerRead).map((id) => headKey(tenant, id));
    for (const item of await table.getMany(keys)) {
      if (!item || readTombstone(item)) continue;
      const { id, receiptId, actualCostUsdMicros } = ExecutionRecord.parse(item);
      if (receiptId !== null) costs.set(id, toUsd(actualCostUsdMicros));
    }
  }
  return costs;
}
