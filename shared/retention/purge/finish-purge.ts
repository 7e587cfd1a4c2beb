/** The end of a purge: its inventory, its signed manifest in the transparency log, and the digest of that on every tombstone. Can be repeated from anywhere. */
import { auditOp } from '../../audit/audit-event.ts';
import type { Digest } from '../../core/digest.ts';
import { InvariantError } from '../../core/errors.ts';
import { idSchema } from '../../core/id.ts';
import type { TenantId } from '../../core/tenant-id.ts';
import { headKey } from '../../execution/execution-record.ts';
import { readTombstone } from '../../execution/tombstone.ts';
import { isoTime } from '../../port/clock.ts';
import type { Deps } from '../../port/deps.ts';
import { metricNames } from '../../port/metrics.ts';
import type { WriteOp } from '../../port/table.ts';
import { issueStatement } from '../../receipt/sign/issue-statement.ts';
import { RunKind } from '../../tenant/retention.ts';
import { buildDeletionStatement, inventoryLines, type InventoryLine } from './deletion-statement.ts';
import {
  chunksOf,
  clearPurgeOp,
  endPurgeOp,
  takenKey,
  FiledManifest,
  findProgress,
  manifestKey,
  TakenEntries,
  purgeKey,
  readPurge,
  type Purge,
  type PurgeCounts,
  type RunProgress,
} from './purge-record.ts';

const ExecutionId = idSchema('exec');

type FinishDeps = Pick<Deps, 'table' | 'blobs' | 'clock' | 'ids' | 'config' | 'signer' | 'checkSignature' | 'metrics' | 'faults'>;

interface Gathered {
  progress: RunProgress[];
  entries: InventoryLine[];
  erased: Digest[];
  counts: PurgeCounts;
}

/** Ends the purge; answers it as it is then. Everything of it was erased before. */
export async function finishPurge(deps: FinishDeps, tenant: TenantId, purge: Purge): Promise<Purge> {
  const done = purge.state === 'done' ? purge : await endPurge(deps, tenant, purge);
  await sweepProgress(deps, tenant, purge);
  await deps.table.write([clearPurgeOp(tenant, purge.id)]);
  return done;
}

async function endPurge(deps: FinishDeps, tenant: TenantId, purge: Purge): Promise<Purge> {
  const gathered = await (RunKind.safeParse(purge.kind).success ? gather(deps, tenant, purge) : gatherTaken(deps, tenant, purge));
  if (!gathered) return endedByAnother(deps, tenant, purge.id);
  const { counts, entries } = gathered;
  const filed = entries.length === 0 ? undefined : await fileManifest(deps, tenant, purge, gathered);
  await deps.faults.hit('purge:after-manifest');
  if (filed && purge.kind === 'receipts') await nameManifest(deps, tenant, purge, filed.bundleDigest);
  await deps.faults.hit('purge:after-tombstones');
  const done: Purge = { ...purge, state: 'done', endedAt: isoTime(deps.clock.now()), counts, manifest: filed?.bundleDigest ?? null };
  const audit = auditOp(
    deps,
    tenant,
    { sub: purge.startedBy, tenant, roles: [], ...purge.asker },
    {
      type: 'mc.purge.end',
      subject: purge.id,
      reason: purge.reason,
      details: { kind: purge.kind, counts, manifest: done.manifest },
    },
  );
  const { ok } = await deps.table.write([endPurgeOp(tenant, done), audit]);
  if (ok) deps.metrics.count(metricNames.purgedRunsTotal, counts.runs, { kind: purge.kind });
  await deps.faults.hit('purge:after-end');
  return ok ? done : endedByAnother(deps, tenant, purge.id);
}

/** The purge as somebody else ended it, who carried it on at the same time. */
async function endedByAnother({ table }: Pick<Deps, 'table'>, tenant: TenantId, id: Purge['id']): Promise<Purge> {
  const item = await table.get(purgeKey(tenant, id));
  const now = item && readPurge(item);
  if (now?.state !== 'done') throw new InvariantError(`${id} cannot be ended, and nobody else ended it`);
  return now;
}

async function gather(deps: FinishDeps, tenant: TenantId, purge: Purge): Promise<Gathered> {
  const progress: RunProgress[] = [];
  for (const run of purge.runs)
    progress.push((await findProgress(deps, tenant, purge.id, run.id)) ?? { id: run.id, state: 'skipped', holds: [], rows: 0 });
  const gone = new Map(progress.filter(({ state }) => state === 'erased').map((run) => [run.id, run]));
  const entries: InventoryLine[] = purge.runs.flatMap((run) => {
    const erased = gone.get(run.id);
    return erased ? [{ execution: run.id, rule: run.rule, rows: erased.rows }] : [];
  });
  // What was listed of a run that was not taken is all still there.
  const objects = await gatherObjects(deps, tenant, purge.id, (run) => run.success && gone.has(run.data));
  const of = (state: RunProgress['state']): number => progress.filter((run) => run.state === state).length;
  const rows = progress.reduce((sum, run) => sum + run.rows, 0);
  const counts = { runs: gone.size, held: of('held'), skipped: of('skipped'), rows, ...objects.counts };
  return { progress, entries: [...entries, ...objects.entries], erased: objects.erased, counts };
}

/** Undefined when what was taken is swept away, as it is after the end. */
async function gatherTaken(deps: FinishDeps, tenant: TenantId, purge: Purge): Promise<Gathered | undefined> {
  const item = await deps.table.get(takenKey(tenant, purge.id));
  if (!item) return undefined;
  const { entries } = TakenEntries.parse(item);
  const objects = await gatherObjects(deps, tenant, purge.id, () => true);
  const counts = { runs: 0, held: 0, skipped: 0, rows: entries.length, ...objects.counts };
  return { progress: [], entries: [...entries, ...objects.entries], erased: objects.erased, counts };
}

/** What became of stored objects, in the lines of the inventory; `isGone` tells whether those of a run count. */
async function gatherObjects(
  deps: FinishDeps,
  tenant: TenantId,
  id: Purge['id'],
  isGone: (run: ReturnType<typeof ExecutionId.safeParse>) => boolean,
): Promise<{ entries: InventoryLine[]; erased: Digest[]; counts: Pick<PurgeCounts, 'shared' | 'locked' | 'erased' | 'bytes'> }> {
  const entries: InventoryLine[] = [];
  const counts = { shared: 0, locked: 0, erased: 0, bytes: 0 };
  const erased = new Set<Digest>();
  for await (const { name, items } of chunksOf(deps, tenant, id)) {
    const run = ExecutionId.safeParse(name.split('#')[0]);
    if (!isGone(run)) continue;
    for (const { isOwn: _isOwn, ...item } of items) {
      entries.push({ ...item, ...(run.success && { execution: run.data }) });
      counts[item.result ?? 'shared'] += 1;
      if (item.result !== 'erased') continue;
      counts.bytes += item.sizeBytes ?? 0;
      erased.add(item.digest);
    }
  }
  return { entries, erased: [...erased], counts };
}

async function fileManifest(deps: FinishDeps, tenant: TenantId, purge: Purge, gathered: Gathered): Promise<FiledManifest> {
  const key = manifestKey(tenant, purge.id);
  const earlier = await deps.table.get(key);
  if (earlier) return FiledManifest.parse(earlier);
  const lines = inventoryLines(gathered.entries);
  const text = lines.map((line) => `${line}\n`).join('');
  const inventory = await deps.blobs.put(tenant, 'receipt', Buffer.from(text));
  await deps.faults.hit('purge:after-inventory-blob');
  const endedAt = isoTime(deps.clock.now());
  const statement = buildDeletionStatement({ tenant, builderId: deps.config.builderId, purge, endedAt, lines, ...gathered });
  const { row, op } = await issueStatement(deps, tenant, { of: key, statement });
  await deps.faults.hit('purge:after-sign');
  const manifest = { ...row, inventory };
  const { ok } = await deps.table.write([{ kind: 'put', item: { ...key, ...manifest }, conditions: [{ kind: 'absent' }] }, op]);
  return ok ? manifest : FiledManifest.parse(await deps.table.get(key));
}

/** The tombstones of the purge say which manifest vouches for them. */
async function nameManifest(deps: FinishDeps, tenant: TenantId, purge: Purge, manifest: Digest): Promise<void> {
  const items = await deps.table.getMany(purge.runs.map(({ id }) => headKey(tenant, id)));
  const ops = items.flatMap((item): WriteOp[] => {
    const tombstone = item && readTombstone(item);
    if (!tombstone || tombstone.purge !== purge.id) return [];
    const conditions = [{ kind: 'present' }] as const;
    return [{ kind: 'update', key: headKey(tenant, tombstone.executionId), set: { tombstone: { ...tombstone, manifest } }, conditions }];
  });
  if (ops.length > 0) await deps.table.write(ops);
}

/** The inventory says the same. */
async function sweepProgress(deps: FinishDeps, tenant: TenantId, purge: Purge): Promise<void> {
  const { pk } = purgeKey(tenant, purge.id);
  for (const prefix of ['ITEM#', 'RUN#', 'TAKEN'])
    for (;;) {
      const { items } = await deps.table.query({ pk, prefix, limit: 100 });
      if (items.length === 0) break;
      await deps.table.write(items.map(({ sk }): WriteOp => ({ kind: 'delete', key: { pk, sk } })));
    }
}
