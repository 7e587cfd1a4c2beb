/**
 * Who still needs a blob of the kind `data`. Equal values of a tenant are one blob, so a purge must know whether somebody else named it. Whoever names one says so
 * first and then looks whether it is being erased; a purge announces the erasing first and then looks who names it. Whichever of the two comes second sees
 * the other, so nothing is erased that somebody relies on.
 */
import { z } from 'zod';
import { hexOf, type Digest } from '../core/digest.ts';
import { McError } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';
import type { Condition, Item, Key, WriteOp } from '../port/table.ts';

type UseDeps = Pick<Deps, 'table' | 'clock'>;

/** What was stored a moment ago is about to be named by a row; no request and no attempt takes longer than this. */
const usualFreshMs = 24 * 3_600_000;

/** A purge on AWS ends with its function after 15 min at the latest, so after this nobody erases under this announcement any more. */
const doomLeaseMs = 20 * 60_000;

const putOwner = 'PUT';
const doomSk = 'DOOM';

const usePk = (tenant: TenantId, digest: Digest): string => `T#${tenant}#USE#${hexOf(digest)}`;
const useKey = (tenant: TenantId, digest: Digest, owner: string): Key => ({ pk: usePk(tenant, digest), sk: owner });

/** How a run is called as somebody who needs a blob. */
export const runOwner = (executionId: string): string => `X#${executionId}`;

/** Is about to erase the blob, until then. */
const Doom = z.object({ by: z.string(), until: z.int() });
const Use = z.object({ sk: z.string(), at: z.int() });

/** Says that the owner needs these blobs, which were stored just now; durable when it resolves. */
export async function nameBlobs(deps: UseDeps, tenant: TenantId, owner: string, digests: readonly Digest[]): Promise<void> {
  const unique = [...new Set(digests)];
  if (unique.length > 0) await deps.table.putMany(unique.map((digest) => ({ ...useKey(tenant, digest, owner), at: deps.clock.now() })));
}

/** Says that the owner needs these blobs, which were stored at some time; throws `mc:store:unavailable` when one of them is just being erased. */
export async function nameEarlierBlobs(deps: UseDeps, tenant: TenantId, owner: string, digests: readonly Digest[]): Promise<void> {
  await nameBlobs(deps, tenant, owner, digests);
  const unique = [...new Set(digests)];
  for (let from = 0; from < unique.length; from += 100) {
    const dooms = await deps.table.getMany(unique.slice(from, from + 100).map((digest) => useKey(tenant, digest, doomSk)));
    if (dooms.some((item) => item !== undefined && !isOver(deps, item))) throw erasedNow();
  }
}

/** Says that a blob is about to be stored, unless it is being erased; then false. */
export async function announcePut(deps: UseDeps, tenant: TenantId, digest: Digest): Promise<boolean> {
  const put: WriteOp = { kind: 'put', item: { ...useKey(tenant, digest, putOwner), at: deps.clock.now() } };
  const key = useKey(tenant, digest, doomSk);
  const { ok } = await deps.table.write([put, { kind: 'check', key, conditions: [{ kind: 'absent' }] }]);
  if (ok) return true;
  const doom = await deps.table.get(key);
  // Whoever announced it died before the end; its lease is over, so it can no longer erase anything.
  if (doom && isOver(deps, doom)) await deps.table.write([{ kind: 'delete', key, conditions: asRead(doom) }]);
  return false;
}

/** An announced erasing, as its announcement stands in the table. */
export type Doom = z.infer<typeof Doom>;

/**
 * Announces that the blob is to be erased by this purge; undefined while another one is at it. Who announces it again for the same purge takes the announcement over, and only who has it may end it: a put that
 * came in after the end of somebody else must not be erased.
 */
export async function doomBlob(deps: UseDeps, tenant: TenantId, digest: Digest, by: string): Promise<Doom | undefined> {
  const key = useKey(tenant, digest, doomSk);
  const doom: Doom = { by, until: deps.clock.now() + doomLeaseMs };
  if ((await deps.table.write([{ kind: 'put', item: { ...key, ...doom }, conditions: [{ kind: 'absent' }] }])).ok) return doom;
  const earlier = await deps.table.get(key);
  if (!earlier) return undefined;
  const before = Doom.parse(earlier);
  if (before.by !== by && !isOver(deps, earlier)) return undefined;
  // Never the same as before, also in the same millisecond.
  const again: Doom = { by, until: Math.max(doom.until, before.until + 1) };
  return (await deps.table.write([{ kind: 'put', item: { ...key, ...again }, conditions: asRead(earlier) }])).ok ? again : undefined;
}

/**
 * Ends what doomBlob announced; `owner`, if there is one, needs the blob no longer, and `isErased` says that nobody's announcement of a put counts any more. Does nothing when somebody else took the announcement
 * over, who ends it after another look.
 */
export async function undoomBlob(
  { table }: UseDeps,
  tenant: TenantId,
  digest: Digest,
  { doom, owner, isErased }: { doom: Doom; owner: string | undefined; isErased: boolean },
): Promise<void> {
  const owners = [...(owner === undefined ? [] : [owner]), ...(isErased ? [putOwner] : [])];
  await table.write([
    { kind: 'delete', key: useKey(tenant, digest, doomSk), conditions: asRead(doom) },
    ...owners.map((sk): WriteOp => ({ kind: 'delete', key: useKey(tenant, digest, sk) })),
  ]);
}

/** Whose uses count, and whether an owner of some age exists at all. */
interface Look {
  owner?: string | undefined;
  isThere: (owner: string) => Promise<boolean>;
  /** How long it counts that somebody stored or named the blob, whatever became of them. */
  freshMs?: number;
}

/** Whether anybody but this owner needs the blob. */
export async function isUsedByOthers(deps: UseDeps, tenant: TenantId, digest: Digest, look: Look): Promise<boolean> {
  return (await lookForUse(deps, tenant, digest, look)) !== 'none';
}

/** Who needs the blob besides this owner: somebody who is there (`needed`), perhaps somebody who stored or named it a short time ago (`fresh`), or nobody. */
export async function lookForUse(
  deps: UseDeps,
  tenant: TenantId,
  digest: Digest,
  { owner, isThere, freshMs = usualFreshMs }: Look,
): Promise<'needed' | 'fresh' | 'none'> {
  const freshFrom = deps.clock.now() - freshMs;
  let found: 'fresh' | 'none' = 'none';
  let cursor: string | undefined;
  do {
    const page = await deps.table.query({ pk: usePk(tenant, digest), limit: 100, ...(cursor && { cursor }) });
    for (const item of page.items) {
      if (item.sk === doomSk || item.sk === owner) continue;
      const use = Use.parse(item);
      // A name that nothing followed was left behind by a crash.
      if (use.sk !== putOwner && (await isThere(use.sk))) return 'needed';
      if (use.at > freshFrom) found = 'fresh';
    }
    cursor = page.cursor;
  } while (cursor);
  return found;
}

/** Whether the owner said that it needs the blob; runs of versions before this did not. */
export async function isNamedBy({ table }: Pick<Deps, 'table'>, tenant: TenantId, digest: Digest, owner: string): Promise<boolean> {
  return (await table.get(useKey(tenant, digest, owner))) !== undefined;
}

function isOver({ clock }: UseDeps, doom: Item): boolean {
  return Doom.parse(doom).until <= clock.now();
}

function asRead(doom: unknown): Condition[] {
  const { by, until } = Doom.parse(doom);
  return [
    { kind: 'compare', field: 'by', op: '=', value: by },
    { kind: 'compare', field: 'until', op: '=', value: until },
  ];
}

/** What a store answers whose bytes are just being erased. */
export function erasedNow(): McError {
  return new McError('mc:store:unavailable', 'the same bytes are just being purged; try again in a moment');
}
