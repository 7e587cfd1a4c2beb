/** Erases what a purge has taken of a run: stored objects first, then the rows that name them. Every step can be repeated. */
import { z } from 'zod';
import { Digest } from '../../core/digest.ts';
import { idSchema, type Id } from '../../core/id.ts';
import type { TenantId } from '../../core/tenant-id.ts';
import { loneDecisionPk } from '../../decision/decision-store.ts';
import { executionPk, headKey, TaskRecord } from '../../execution/execution-record.ts';
import { readTombstone } from '../../execution/tombstone.ts';
import { isElsewhere } from '../../execution/stored-json.ts';
import { tableLimits, type Item, type WriteOp } from '../../port/table.ts';
import type { Deps } from '../../port/deps.ts';
import { bare, type Claim } from './claim-run.ts';
import { eraseObjects } from './erase-objects.ts';
import { chunkItem, progressOp, type PurgeItem, type RunProgress } from './purge-record.ts';

type EraseDeps = Pick<Deps, 'table' | 'blobs' | 'clock' | 'faults'>;

/** Erases everything that the claim took; answers the run as erased. `progress` is how far an earlier try came. */
export async function eraseRun(deps: EraseDeps, claim: Claim, progress: RunProgress): Promise<RunProgress> {
  const { tenant, purge, run } = claim;
  await eraseObjects(deps, { tenant, purge: purge.id, run: run.id });
  await deps.faults.hit('purge:after-objects');
  const strip = purge.kind === 'receipts' ? eraseRows : purge.kind === 'data' ? stripTasks : undefined;
  const rows = strip ? await strip(deps, claim, progress.rows) : 0;
  const erased: RunProgress = { ...progress, state: 'erased', rows };
  await deps.table.write([progressOp(tenant, purge.id, erased)]);
  return erased;
}

/** The progress stands in the very write that it speaks of, so a repetition counts nothing twice. */
function countOp({ tenant, purge, run }: Claim, rows: number): WriteOp {
  return progressOp(tenant, purge.id, { id: run.id, state: 'claimed', holds: [], rows });
}

/** One op of a write counts. */
const rowsPerWrite = tableLimits.opsPerWrite - 1;

/** Signed statements, by the row that files them. */
const Filed = z.object({ bundleDigest: Digest });

/** Deletes every row of the run but its tombstone, with the signed statements they name; answers how many there were. */
async function eraseRows(deps: EraseDeps, claim: Claim, before: number): Promise<number> {
  let count = before;
  for (const pk of await partitionsOf(deps, claim.tenant, claim.run.id)) {
    for (;;) {
      const { items } = await deps.table.query({ pk, limit: rowsPerWrite });
      const rows = items.filter(({ sk }) => sk !== 'EXEC');
      if (rows.length === 0) break;
      if (pk !== executionPk(claim.tenant, claim.run.id)) await markDecision(deps, claim, pk);
      await eraseStatements(deps, claim, rows);
      count += rows.length;
      const deletes = rows.map(({ sk }): WriteOp => ({ kind: 'delete', key: { pk, sk } }));
      await deps.table.write([...deletes, countOp(claim, count)]);
      await deps.faults.hit('purge:after-rows');
    }
  }
  return count;
}

/** The receipt of the decision stands in the log, whose monitor must find out why it is not filed any more: before it goes, the tombstone stands beside it too. */
async function markDecision({ table }: EraseDeps, { tenant, run }: Claim, pk: string): Promise<void> {
  const head = await table.get(headKey(tenant, run.id));
  const tombstone = head && readTombstone(head);
  if (tombstone) await table.putMany([{ pk, sk: 'EXEC', tombstone }]);
}

/** The run's own partition, and before it that of the decision which let it start: the row that leads there is in the former. */
async function partitionsOf({ table }: EraseDeps, tenant: TenantId, id: Id<'exec'>): Promise<string[]> {
  const own = executionPk(tenant, id);
  const start = await table.get({ pk: own, sk: 'DECISION#start' });
  const decision = z.object({ id: idSchema('dec') }).safeParse(start);
  return decision.success ? [loneDecisionPk(tenant, decision.data.id), own] : [own];
}

async function eraseStatements(deps: EraseDeps, { tenant, purge, run }: Claim, rows: readonly Item[]): Promise<void> {
  const items: PurgeItem[] = [];
  for (const row of rows) {
    const filed = Filed.safeParse(row);
    if (!filed.success) continue;
    const digest = filed.data.bundleDigest;
    const result = (await deps.blobs.remove(tenant, 'receipt', digest)) ? 'erased' : 'locked';
    items.push({ kind: 'receipt', name: `${row.sk.toLowerCase()}.sigstore.json`, digest, sizeBytes: null, isOwn: true, result });
  }
  const [first] = items;
  // Written before the rows go, under a name that a repetition gives it again.
  if (first) await deps.table.putMany([chunkItem(tenant, purge.id, `${run.id}#statements-${first.digest.slice(-16)}`, items)]);
}

/** Takes the values out of the rows of the tasks; their digests stay, as in the receipt. */
async function stripTasks(deps: EraseDeps, claim: Claim, before: number): Promise<number> {
  const { tenant, run } = claim;
  let cursor: string | undefined;
  let count = before;
  do {
    const page = await deps.table.query({ pk: executionPk(tenant, run.id), prefix: 'TASK#', limit: 90, ...(cursor && { cursor }) });
    const ops = page.items.flatMap((item): WriteOp[] => {
      const { outputs } = TaskRecord.parse(item);
      if (outputs === null || isElsewhere(outputs)) return [];
      const key = { pk: item.pk, sk: item.sk };
      return [{ kind: 'update', key, set: { outputs: bare(outputs) }, conditions: [{ kind: 'present' }] }];
    });
    count += ops.length;
    if (ops.length > 0) await deps.table.write([...ops, countOp(claim, count)]);
    cursor = page.cursor;
  } while (cursor);
  return count;
}
