import { McError } from '../core/errors.ts';
import type { Deps } from '../port/deps.ts';
import type { Actor } from '../tenant/actor.ts';
import { getTenant } from '../tenant/tenant-store.ts';
import { loadOwnPack } from './load-own-pack.ts';
import { findPacks } from './pack-store.ts';

type ReadDeps = Pick<Deps, 'table' | 'blobs' | 'signer' | 'packs'>;

async function findOwn(deps: ReadDeps, actor: Actor, name: string, version?: string): Promise<Uint8Array | undefined> {
  const { packs } = await getTenant(deps, actor.tenant);
  const wanted = version ?? packs.find((own) => own.name === name)?.version;
  if (wanted === undefined) return undefined;
  const [record] = await findPacks(deps, actor.tenant, [{ name, version: wanted }]);
  return record && loadOwnPack(deps, actor.tenant, record);
}

async function findShipped({ packs }: ReadDeps, name: string, version?: string): Promise<Uint8Array | undefined> {
  const pack = (await packs.shipped()).find(({ entry }) => entry.name === name);
  return pack && (version ?? pack.entry.version) === pack.entry.version ? packs.findArchive(name) : undefined;
}

/** The bundle of a version of a pack (the one that judges when none is named), byte for byte, so that stock OPA can run it. */
export async function getPackBundle(
  deps: ReadDeps,
  actor: Actor,
  { name, version }: { name: string; version?: string },
): Promise<Uint8Array> {
  const bytes = (await findShipped(deps, name, version)) ?? (await findOwn(deps, actor, name, version));
  if (bytes) return bytes;
  throw new McError('mc:policy:pack-not-found', `There is no policy pack ${version === undefined ? name : `${name}@${version}`}.`);
}
