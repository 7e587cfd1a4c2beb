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
import { chunkItem, countRowsOp, erasedOp, findProgress, takenOp, type PurgeItem } from './purge-record.ts';

type EraseDeps = Pick<Deps, 'table' | 'blobs' | 'clock' | 'faults'>;

/** Erases everything that the claim took, from where an earlier try came to. */
export async function eraseRun(deps: EraseDeps, claim: Claim): Promise<void> {
  const { tenant, purge, run } = claim;
  await eraseObjects(deps, { tenant, purge: purge.id, run: run.id });
  await deps.faults.hit('purge:after-objects');
  const strip = purge.kind === 'receipts' ? eraseRows : purge.kind === 'data' ? stripTasks : undefined;
  if (strip) await strip(deps, claim);
  await deps.table.write([erasedOp(tenant, purge.id, run.id)]);
}

/** The rows that were counted so far; undefined when somebody else has erased the rest: what is there now came later. */
async function countedSoFar(deps: EraseDeps, { tenant, purge, run }: Claim): Promise<number | undefined> {
  const progress = await findProgress(deps, tenant, purge.id, run.id);
  return progress?.state === 'claimed' ? progress.rows : undefined;
}

/** The count stands in the very write that it speaks of, and goes on from what was counted before: neither a repetition nor somebody else at the same run counts anything twice. */
async function writeCounted(deps: EraseDeps, { tenant, purge, run }: Claim, before: number, ops: readonly WriteOp[]): Promise<void> {
  // When somebody else's write came first, whoever goes on finds what is left.
  await deps.table.write([...ops, countRowsOp(tenant, purge.id, run.id, { before, rows: ops.length })]);
}

/** One op of a write counts. */
const rowsPerWrite = tableLimits.opsPerWrite - 1;

/** Signed statements, by the row that files them. */
const Filed = z.object({ bundleDigest: Digest });

/** Deletes every row of the run but its tombstone, with the signed statements they name. */
async function eraseRows(deps: EraseDeps, claim: Claim): Promise<void> {
  for (const pk of await partitionsOf(deps, claim.tenant, claim.run.id)) {
    for (;;) {
      const before = await countedSoFar(deps, claim);
      if (before === undefined) return;
      const { items } = await deps.table.query({ pk, limit: rowsPerWrite });
      const rows = items.filter(({ sk }) => sk !== 'EXEC');
      if (rows.length === 0) break;
      if (pk !== executionPk(claim.tenant, claim.run.id)) await markDecision(deps, claim, pk);
      await eraseStatements(deps, claim, rows);
      const deletes = rows.map(({ sk }): WriteOp => ({ kind: 'delete', key: { pk, sk } }));
      await writeCounted(deps, claim, before, deletes);
      await deps.faults.hit('purge:after-rows');
    }
  }
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
  if (!first) return;
  const item = chunkItem(tenant, purge.id, `${run.id}#statements-${first.digest.slice(-16)}`, items);
  await deps.table.write([{ kind: 'put', item }, takenOp(tenant, purge.id, run.id)]);
}

/** Takes the values out of the rows of the tasks; their digests stay, as in the receipt. */
async function stripTasks(deps: EraseDeps, claim: Claim): Promise<void> {
  const { tenant, run } = claim;
  let cursor: string | undefined;
  for (;;) {
    const before = await countedSoFar(deps, claim);
    if (before === undefined) return;
    const page = await deps.table.query({ pk: executionPk(tenant, run.id), prefix: 'TASK#', limit: 90, ...(cursor && { cursor }) });
    const ops = page.items.flatMap((item): WriteOp[] => {
      const { outputs } = TaskRecord.parse(item);
      if (outputs === null || isElsewhere(outputs)) return [];
      const key = { pk: item.pk, sk: item.sk };
      return [{ kind: 'update', key, set: { outputs: bare(outputs) }, conditions: [{ kind: 'present' }] }];
    });
    // The same page is read once more, until nothing of it is left.
    if (ops.length > 0) await writeCounted(deps, claim, before, ops);
    else if (page.cursor === undefined) return;
    else cursor = page.cursor;
  }
}
