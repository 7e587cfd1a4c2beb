/**
 * A purge from its record to its end. The record names the runs and is durable first; each run is then listed, taken in one write (claim-run.ts), and erased;
 * what belongs to no run was taken with the record (take-at-once.ts), and only its objects are to be erased. At last the manifest is signed. Whoever finds an open purge carries it on from where it is, and nothing is done twice.
 */
import { assertInvariant } from '../../core/errors.ts';
import type { TenantId } from '../../core/tenant-id.ts';
import { executionPk, TaskRecord, type ExecutionRecord } from '../../execution/execution-record.ts';
import type { Deps } from '../../port/deps.ts';
import { RunKind } from '../../tenant/retention.ts';
import { claimRun, keep, type Claim } from './claim-run.ts';
import { eraseObjects } from './erase-objects.ts';
import { eraseRun } from './erase-run.ts';
import { findUnpurged } from './find-unpurged.ts';
import { finishPurge } from './finish-purge.ts';
import { inventoryOf } from './inventory.ts';
import { newPurge, type NewPurge } from './new-purge.ts';
import { chunkItem, findProgress, itemsPerChunk, notTakenOps, purgeItem, type Purge, type PurgeItem } from './purge-record.ts';

export type PurgeDeps = Pick<Deps, 'table' | 'blobs' | 'clock' | 'ids' | 'config' | 'signer' | 'logger' | 'metrics' | 'faults'>;

/** Asked before each run; may wait for other work to go first, and answers false to stop there. */
export type MayGoOn = () => boolean | Promise<boolean>;

/** Begins a purge of runs: from here on it is carried to its end, whatever dies. */
export async function beginPurge(deps: PurgeDeps, tenant: TenantId, begun: NewPurge<RunKind>): Promise<Purge> {
  const purge = newPurge(deps, begun);
  const { ok } = await deps.table.write([{ kind: 'put', item: purgeItem(tenant, purge), conditions: [{ kind: 'absent' }] }]);
  assertInvariant(ok, `there is a purge ${purge.id} already`);
  await deps.faults.hit('purge:after-plan');
  return purge;
}

/** Carries the purge to its end and answers it; undefined when `mayGoOn` said no before that. */
export async function carryOut(deps: PurgeDeps, tenant: TenantId, purge: Purge, mayGoOn: MayGoOn = () => true): Promise<Purge | undefined> {
  const kind = RunKind.safeParse(purge.kind);
  if (purge.state === 'open' && !kind.success) await eraseObjects(deps, { tenant, purge: purge.id });
  if (purge.state === 'open' && kind.success)
    for (const run of purge.runs) {
      if (!(await mayGoOn())) return undefined;
      await purgeRun(deps, { tenant, purge: { ...purge, kind: kind.data }, run });
    }
  return finishPurge(deps, tenant, purge);
}

async function purgeRun(deps: PurgeDeps, claim: Claim): Promise<void> {
  const { tenant, purge, run } = claim;
  const before = await findProgress(deps, tenant, purge.id, run.id);
  const progress = before ?? (await takeRun(deps, claim));
  if (progress?.state !== 'claimed') return;
  await eraseRun(deps, claim);
  await deps.faults.hit('purge:after-erase');
}

async function takeRun(deps: PurgeDeps, claim: Claim): ReturnType<typeof findProgress> {
  const { tenant, run } = claim;
  const head = await findUnpurged(deps, tenant, run.id);
  if (!head) return keep(deps, claim, { id: run.id, state: 'skipped', holds: [], rows: 0 });
  await writeInventory(deps, claim, head);
  await deps.faults.hit('purge:after-inventory');
  const progress = await claimRun(deps, claim, head);
  await deps.faults.hit('purge:after-claim');
  return progress;
}

/** Durable before the run is taken: afterwards nobody could tell any more what it had. Whoever took it meanwhile wrote all of it. */
async function writeInventory(deps: PurgeDeps, { tenant, purge, run }: Claim, head: ExecutionRecord): Promise<void> {
  let items: PurgeItem[] = [];
  let count = 0;
  const flush = async (): Promise<void> => {
    if (items.length === 0) return;
    const item = chunkItem(tenant, purge.id, `${run.id}#${String(count).padStart(5, '0')}`, items);
    items = [];
    count += 1;
    await deps.table.write([{ kind: 'put', item }, ...notTakenOps(tenant, purge.id, run.id)]);
  };
  const seen = new Set<string>();
  for await (const item of inventoryOf(deps, purge.kind, head, tasksOf(deps, head))) {
    // What several tasks gave is one object.
    if (seen.has(`${item.kind}/${item.digest}`)) continue;
    seen.add(`${item.kind}/${item.digest}`);
    items.push(item);
    if (items.length === itemsPerChunk) await flush();
  }
  await flush();
}

async function* tasksOf({ table }: PurgeDeps, { tenant, id }: ExecutionRecord): AsyncGenerator<TaskRecord> {
  let cursor: string | undefined;
  do {
    const page = await table.query({ pk: executionPk(tenant, id), prefix: 'TASK#', limit: 50, ...(cursor && { cursor }) });
    for (const item of page.items) yield TaskRecord.parse(item);
    cursor = page.cursor;
  } while (cursor);
}
