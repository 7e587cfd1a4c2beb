/** Erases the stored objects that a purge has listed: each is announced, looked at once more, and taken only when nobody else needs it. Every step can be repeated. */
import { doomBlob, isUsedByOthers, isNamedBy, runOwner, undoomBlob } from '../../blob/blob-uses.ts';
import type { Digest } from '../../core/digest.ts';
import { idSchema, type Id } from '../../core/id.ts';
import { McError } from '../../core/errors.ts';
import type { TenantId } from '../../core/tenant-id.ts';
import { headKey } from '../../execution/execution-record.ts';
import { readTombstone } from '../../execution/tombstone.ts';
import { fileKey } from '../../manifest/file-ref.ts';
import type { Deps } from '../../port/deps.ts';
import { namedElsewhere } from './named-elsewhere.ts';
import { chunkItem, chunksOf, type PurgeItem } from './purge-record.ts';
import { standingDigests } from './standing-digests.ts';

type EraseDeps = Pick<Deps, 'table' | 'blobs' | 'clock' | 'faults'>;

/** Whose objects go: those that the purge listed of a run, or, without one, all that it listed. */
export interface Erasing {
  tenant: TenantId;
  purge: Id<'purge'>;
  run?: Id<'exec'>;
}

/** Erases them; what became of each stands in the entries of the purge when this resolves. */
export async function eraseObjects(deps: EraseDeps, erasing: Erasing): Promise<void> {
  const { tenant, purge, run } = erasing;
  for await (const { name, items } of chunksOf(deps, tenant, purge, run)) {
    const open = items.filter(({ result }) => result === null);
    if (open.length === 0) continue;
    const others = await namedElsewhere(deps, tenant, run, await unknownOf(deps, erasing, open));
    const standing = open.some(({ kind }) => kind === 'data') ? await standingDigests(deps, tenant) : new Set<Digest>();
    for (const item of open) {
      const isNeeded = (!item.isOwn && others.has(item.digest)) || (item.kind === 'data' && standing.has(item.digest));
      item.result = isNeeded ? 'shared' : await eraseObject(deps, erasing, item);
      await deps.faults.hit('purge:after-object');
    }
    // Not there any more when somebody else ended the purge.
    await deps.table.write([{ kind: 'put', item: chunkItem(tenant, purge, name, items), conditions: [{ kind: 'present' }] }]);
  }
}

/** What may have been stored before blobs were named by their runs; only a look at the runs of then tells who else has it. */
async function unknownOf(deps: EraseDeps, { tenant, run }: Erasing, items: readonly PurgeItem[]): Promise<Set<Digest>> {
  const unknown = new Set<Digest>();
  for (const { kind, digest, isOwn } of items) {
    if (kind === 'receipt' || isOwn) continue;
    if (kind === 'log' || run === undefined || !(await isNamedBy(deps, tenant, digest, runOwner(run)))) unknown.add(digest);
  }
  return unknown;
}

async function eraseObject(
  deps: EraseDeps,
  { tenant, purge, run }: Erasing,
  { kind, digest }: PurgeItem,
): Promise<'erased' | 'shared' | 'locked'> {
  if (kind !== 'data') return (await deps.blobs.remove(tenant, kind, digest)) ? 'erased' : 'locked';
  const doom = await doomBlob(deps, tenant, digest, purge);
  if (!doom) throw new McError('mc:store:conflict', `another purge is erasing ${digest}; this one goes on later`);
  await deps.faults.hit('purge:after-doom');
  const owner = run && runOwner(run);
  const isUsed = await isUsedByOthers(deps, tenant, digest, { owner, isThere: async (name) => isOwnerThere(deps, tenant, name) });
  if (isUsed) {
    await undoomBlob(deps, tenant, digest, { doom, owner, isErased: false });
    return 'shared';
  }
  // The row that says that it was uploaded goes first: a start that still finds it finds the bytes.
  await deps.table.write([{ kind: 'delete', key: fileKey(tenant, digest) }]);
  const isGone = await deps.blobs.remove(tenant, 'data', digest);
  await undoomBlob(deps, tenant, digest, { doom, owner, isErased: true });
  return isGone ? 'erased' : 'locked';
}

/** Whether the owner is there that said it needs the blob: a run has a head, and a purged one needs nothing. Other owners do not come and go. */
export async function isOwnerThere({ table }: Pick<Deps, 'table'>, tenant: TenantId, owner: string): Promise<boolean> {
  const run = idSchema('exec').safeParse(owner.replace(/^X#/, ''));
  if (!run.success) return true;
  const head = await table.get(headKey(tenant, run.data));
  return head !== undefined && readTombstone(head) === undefined;
}
