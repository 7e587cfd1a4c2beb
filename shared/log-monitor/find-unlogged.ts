import { z } from 'zod';
import { idSchema } from '../core/id.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { executionPk } from '../execution/execution-record.ts';
import { LeafName, leafKey, pendingKey } from '../log/log-store.ts';
import { isoTime } from '../port/clock.ts';
import type { Deps } from '../port/deps.ts';
import { queryTenants } from '../tenant/tenant-store.ts';

const SealedRun = z.object({ id: idSchema('exec'), receiptId: z.string().nullable() });
const Receipt = z.object({ leaf: LeafName.optional(), signedAt: z.string() });

/** Runs a tenant and look. */
const newestRuns = 100;

/**
 * The newest receipts of every tenant that are in the table and not in the log: what somebody would leave who writes a receipt past the engine. Receipts
 * signed before the log began need no entry.
 */
export async function findUnlogged({ table }: Pick<Deps, 'table'>, startedAt: number): Promise<string[]> {
  const differences: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await queryTenants({ table }, { limit: 100, ...(cursor !== undefined && { cursor }) });
    for (const { id } of page.items) differences.push(...(await unloggedOf(table, id, startedAt)));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return differences;
}

async function unloggedOf(table: Deps['table'], tenant: TenantId, startedAt: number): Promise<string[]> {
  const { items } = await table.query({ index: 'gsi1', pk: `T#${tenant}#X`, limit: newestRuns, reverse: true });
  const runs = items.flatMap((item) => {
    const run = SealedRun.safeParse(item);
    return run.success && run.data.receiptId !== null ? [run.data.id] : [];
  });
  if (runs.length === 0) return [];
  const receipts = await table.getMany(runs.map((id) => ({ pk: executionPk(tenant, id), sk: 'RECEIPT' })));
  const differences: string[] = [];
  for (const [at, id] of runs.entries()) {
    const receipt = Receipt.safeParse(receipts[at]);
    if (!receipt.success) differences.push(`${id} is sealed without a receipt`);
    else if (receipt.data.leaf === undefined) {
      if (receipt.data.signedAt > isoTime(startedAt)) differences.push(`the receipt of ${id} was filed past the log`);
    } else {
      const { leaf } = receipt.data;
      // In the order in which an entry moves, so that one which moves just now is not missed.
      const isKnown = (await table.get(pendingKey(leaf))) ?? (await table.get(leafKey(leaf)));
      if (!isKnown) differences.push(`the receipt of ${id} has no entry in the log`);
    }
  }
  return differences;
}
