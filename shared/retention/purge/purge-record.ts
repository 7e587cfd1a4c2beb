/** What the table holds of a purge: the purge itself, what became of each of its runs, and what was erased of each, some hundred entries an item. */
import { z } from 'zod';
import { Digest } from '../../core/digest.ts';
import { idSchema, type Id } from '../../core/id.ts';
import { TenantId } from '../../core/tenant-id.ts';
import { LeafName } from '../../log/log-store.ts';
import type { Deps } from '../../port/deps.ts';
import type { Condition, Item, Key, Page, WriteOp } from '../../port/table.ts';
import { Role } from '../../tenant/actor.ts';
import { RunKind } from '../../tenant/retention.ts';

/** Runs of one purge: so many have one manifest, and a crash repeats the work on one of them at most. */
export const runsPerPurge = 100;

/** What is taken in the very write that begins the purge: uploads and denials that belong to no run, audit events, data keys. */
export const TakenKind = z.enum(['uploads', 'decisions', 'audit', 'keys']);
export type TakenKind = z.infer<typeof TakenKind>;

export const PurgeKind = z.enum([...RunKind.options, ...TakenKind.options]);
export type PurgeKind = z.infer<typeof PurgeKind>;

/** A run that the purge is about, and the rule by which it goes. */
export const PurgedRun = z.strictObject({ id: idSchema('exec'), workflow: z.string(), rule: z.string() });
export type PurgedRun = z.infer<typeof PurgedRun>;

export const PurgeCounts = z.strictObject({
  runs: z.int().describe('Runs that something was purged of'),
  held: z.int().describe('Runs that a legal hold kept'),
  skipped: z.int().describe('Runs that were not to be purged any more'),
  rows: z.int().describe('Rows of the table that went; of a shredding, data keys'),
  erased: z.int().describe('Stored objects that were erased'),
  bytes: z.int().describe('Their bytes, as far as they were known'),
  shared: z.int().describe('Stored objects that somebody else still needs'),
  locked: z.int().describe('Stored objects that are under Object Lock'),
});
export type PurgeCounts = z.infer<typeof PurgeCounts>;

/** An admin of the tenant, or of the one that owns the home. */
const Asker = z.strictObject({ tenant: TenantId, roles: z.array(Role) });

export const Purge = z
  .strictObject({
    id: idSchema('purge'),
    kind: PurgeKind,
    state: z.enum(['open', 'done']),
    reason: z.string(),
    startedAt: z.iso.datetime(),
    startedBy: z.string(),
    asker: Asker.optional().describe('Who `startedBy` is, when somebody asked for the purge'),
    endedAt: z.iso.datetime().nullable(),
    runs: z.array(PurgedRun).max(runsPerPurge),
    /** The purge that is done once more after a restore. */
    again: idSchema('purge').nullable(),
    counts: PurgeCounts.nullable().describe('Null until it has ended'),
    manifest: Digest.nullable().describe('Digest of the signed deletion manifest; null when nothing was purged'),
  })
  .meta({ id: 'Purge' });
export type Purge = z.infer<typeof Purge>;

/** What became of a stored object; `shared` is needed by somebody else, `locked` is kept by the store until its lock ends. */
const Result = z.enum(['erased', 'shared', 'locked']);

/** One stored object. */
export const PurgeItem = z.strictObject({
  kind: z.enum(['data', 'log', 'receipt']),
  name: z.string(),
  digest: Digest,
  sizeBytes: z.int().nullable(),
  /** Nobody else can have stored the same bytes. */
  isOwn: z.boolean(),
  result: Result.nullable(),
});
export type PurgeItem = z.infer<typeof PurgeItem>;

/** What became of one run. */
export const RunProgress = z.object({
  id: idSchema('exec'),
  state: z.enum(['claimed', 'erased', 'held', 'skipped']),
  /** The holds that keep it. */
  holds: z.array(idSchema('hold')).default([]),
  rows: z.int().default(0),
});
export type RunProgress = z.infer<typeof RunProgress>;

export const FiledManifest = z.object({ bundleDigest: Digest, leaf: LeafName, inventory: Digest });
export type FiledManifest = z.infer<typeof FiledManifest>;

const Stored = z.object({ purge: Purge });
const Chunk = z.object({ sk: z.string(), items: z.array(PurgeItem) });

/** Every open purge of the home; it holds ids, no tenant data. */
const openPurges = 'SYS#PURGES';

const purgePk = (tenant: TenantId, id: Id<'purge'>): string => `T#${tenant}#PURGE#${id}`;
export const purgeKey = (tenant: TenantId, id: Id<'purge'>): Key => ({ pk: purgePk(tenant, id), sk: 'PURGE' });
export const manifestKey = (tenant: TenantId, id: Id<'purge'>): Key => ({ pk: purgePk(tenant, id), sk: 'MANIFEST' });
const runKey = (tenant: TenantId, id: Id<'purge'>, run: Id<'exec'>): Key => ({ pk: purgePk(tenant, id), sk: `RUN#${run}` });

/** The item of a purge; one that is not cleared away is found by whoever carries it on. */
export function purgeItem(tenant: TenantId, purge: Purge): Item {
  const list = { gsi1pk: `T#${tenant}#PURGES`, gsi1sk: purge.id };
  return { ...purgeKey(tenant, purge.id), purge, state: purge.state, ...list, gsi2pk: openPurges, gsi2sk: `${tenant}#${purge.id}` };
}

const isOpen: Condition = { kind: 'compare', field: 'state', op: '=', value: 'open' };

/** Ends a purge once. */
export function endPurgeOp(tenant: TenantId, done: Purge): WriteOp {
  return { kind: 'put', item: purgeItem(tenant, done), conditions: [isOpen] };
}

/** Nothing is left to do for the purge. */
export function clearPurgeOp(tenant: TenantId, id: Id<'purge'>): WriteOp {
  return { kind: 'update', key: purgeKey(tenant, id), remove: ['gsi2pk', 'gsi2sk'], conditions: [{ kind: 'present' }] };
}

export function readPurge(item: Item): Purge {
  return Stored.parse(item).purge;
}

/** One page of a tenant's purges, the newest first. */
export async function queryPurges(
  { table }: Pick<Deps, 'table'>,
  tenant: TenantId,
  page: { limit: number; cursor?: string },
): Promise<Page<Purge>> {
  const { items, ...rest } = await table.query({ index: 'gsi1', pk: `T#${tenant}#PURGES`, reverse: true, ...page });
  return { items: items.map(readPurge), ...rest };
}

/** The purges of a tenant that somebody must carry on, the oldest first. */
export async function listOpenPurges({ table }: Pick<Deps, 'table'>, tenant: TenantId): Promise<Purge[]> {
  const { items } = await table.query({ index: 'gsi2', pk: openPurges, prefix: `${tenant}#`, limit: 100 });
  // An index may lag behind: what it still shows may have ended.
  const current = await Promise.all(items.map(({ pk, sk }) => table.get({ pk, sk })));
  return current.flatMap((item) => (item?.gsi2pk === openPurges ? [readPurge(item)] : []));
}

/** What became of a run so far; undefined before it was taken. */
export async function findProgress(
  { table }: Pick<Deps, 'table'>,
  tenant: TenantId,
  id: Id<'purge'>,
  run: Id<'exec'>,
): Promise<RunProgress | undefined> {
  const item = await table.get(runKey(tenant, id, run));
  return item && RunProgress.parse(item);
}

/** What became of a run is said once, and before the purge ends: of two who carry the same purge on, the second finds what the first said. */
export function progressOps(tenant: TenantId, id: Id<'purge'>, progress: RunProgress): WriteOp[] {
  return [
    stillOpenOp(tenant, id),
    { kind: 'put', item: { ...runKey(tenant, id, progress.id), ...progress }, conditions: [{ kind: 'absent' }] },
  ];
}

/** Lets a write happen only before the run is taken, or known to stay. */
export function notTakenOps(tenant: TenantId, id: Id<'purge'>, run: Id<'exec'>): WriteOp[] {
  return [stillOpenOp(tenant, id), { kind: 'check', key: runKey(tenant, id, run), conditions: [{ kind: 'absent' }] }];
}

/** What the purge noted of its runs is swept away when it has ended. */
function stillOpenOp(tenant: TenantId, id: Id<'purge'>): WriteOp {
  return { kind: 'check', key: purgeKey(tenant, id), conditions: [isOpen] };
}

/** Lets a write happen only while the run is being erased. */
export function takenOp(tenant: TenantId, id: Id<'purge'>, run: Id<'exec'>): WriteOp {
  return { kind: 'check', key: runKey(tenant, id, run), conditions: [{ kind: 'compare', field: 'state', op: '=', value: 'claimed' }] };
}

/** Counts the rows of a write that goes on from these; it fails when somebody else's write came first. */
export function countRowsOp(
  tenant: TenantId,
  id: Id<'purge'>,
  run: Id<'exec'>,
  { before, rows }: { before: number; rows: number },
): WriteOp {
  const conditions = [{ kind: 'compare', field: 'rows', op: '=', value: before }] as const;
  return { kind: 'update', key: runKey(tenant, id, run), set: { rows: before + rows }, conditions };
}

/** Says that everything of the run went. */
export function erasedOp(tenant: TenantId, id: Id<'purge'>, run: Id<'exec'>): WriteOp {
  return { kind: 'update', key: runKey(tenant, id, run), set: { state: 'erased' }, conditions: [{ kind: 'present' }] };
}

/** What a purge took in the write that began it, besides stored objects: audit events and decisions by id and digest, or data keys. */
export const TakenEntries = z.object({
  entries: z.array(
    z.union([
      z.strictObject({ event: idSchema('evt'), digest: Digest }),
      z.strictObject({ decision: idSchema('dec'), digest: Digest }),
      z.strictObject({ purpose: z.literal('log'), dataKey: z.string() }),
    ]),
  ),
});
export type TakenEntries = z.infer<typeof TakenEntries>;
export const takenKey = (tenant: TenantId, id: Id<'purge'>): Key => ({ pk: purgePk(tenant, id), sk: 'TAKEN' });

/** Entries of an item: with names of 300 characters each it has some 200 KB. */
export const itemsPerChunk = 400;

export function chunkItem(tenant: TenantId, id: Id<'purge'>, name: string, items: readonly PurgeItem[]): Item {
  return { pk: purgePk(tenant, id), sk: `ITEM#${name}`, items };
}

/** The entries of one run, or of the whole purge, an item at a time. */
export async function* chunksOf(
  { table }: Pick<Deps, 'table'>,
  tenant: TenantId,
  id: Id<'purge'>,
  run?: Id<'exec'>,
): AsyncGenerator<{ name: string; items: PurgeItem[] }> {
  let cursor: string | undefined;
  do {
    const page = await table.query({
      pk: purgePk(tenant, id),
      prefix: run ? `ITEM#${run}#` : 'ITEM#',
      limit: 5,
      ...(cursor && { cursor }),
    });
    for (const item of page.items) {
      const { sk, items } = Chunk.parse(item);
      yield { name: sk.slice('ITEM#'.length), items };
    }
    cursor = page.cursor;
  } while (cursor);
}
