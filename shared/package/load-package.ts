/**
 * Gives out package code for running. Nothing gets past here whose digest and signed release were not verified in this process; what was
 * verified stays in memory, because a digest names the same bytes for ever.
 */
import { LRUCache } from 'lru-cache';
import { digestBytes, type Digest } from '../core/digest.ts';
import { McError } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { BlobStore } from '../port/blob-store.ts';
import type { Deps } from '../port/deps.ts';
import { verifyRelease } from '../receipt/release-statement.ts';
import { readBundle, type PackageBundle } from './bundle.ts';
import { catalogTenant } from './catalog-tenant.ts';
import { findPackageByDigest } from './package-store.ts';

type LoadDeps = Pick<Deps, 'table' | 'blobs' | 'signer'>;

export type LoadedPackage = PackageBundle & { digest: Digest };

/** The whole catalog takes about 2 MiB; a bundle has at most 4. */
const cacheBytes = 64 * 1024 * 1024;

/** One cache a home: two homes in one process (tests) never trust each other's packages. */
const caches = new WeakMap<BlobStore, LRUCache<string, LoadedPackage>>();

function cacheOf(deps: LoadDeps): LRUCache<string, LoadedPackage> {
  const known = caches.get(deps.blobs);
  if (known !== undefined) return known;
  const cache = new LRUCache<string, LoadedPackage>({ maxSize: cacheBytes, sizeCalculation: ({ entry }) => entry.length + 1 });
  caches.set(deps.blobs, cache);
  return cache;
}

async function findVerified(deps: LoadDeps, owner: TenantId, digest: Digest): Promise<LoadedPackage | undefined> {
  const record = await findPackageByDigest(deps, owner, digest);
  if (record === undefined) return undefined;
  const bytes = await deps.blobs.find(owner, 'data', digest);
  if (bytes === undefined) throw new McError('mc:package:untrusted', `The bundle of ${record.uses} (${digest}) is gone from the store.`);
  if (digestBytes(bytes) !== digest)
    throw new McError('mc:package:untrusted', `The bundle of ${record.uses} does not have the digest ${digest} any more.`);
  await verifyRelease(deps, owner, record.releaseId, { name: record.uses, digest });
  const bundle = await readBundle(bytes);
  // The item of the table is not signed; the descriptor inside the bundle is.
  if (`pkg:${bundle.descriptor.name}@${bundle.descriptor.version}` !== record.uses)
    throw new McError('mc:package:untrusted', `The bundle of ${record.uses} calls itself something else.`);
  return bundle;
}

/** The verified bundle with this digest, the tenant's own or the catalog's. Throws `mc:package:not-found` or `mc:package:untrusted`. */
export async function loadPackage(deps: LoadDeps, tenant: TenantId, digest: Digest): Promise<LoadedPackage> {
  const cache = cacheOf(deps);
  const owners = tenant === catalogTenant ? [tenant] : [tenant, catalogTenant];
  for (const owner of owners) {
    const cached = cache.get(`${owner}/${digest}`);
    if (cached !== undefined) return cached;
  }
  for (const owner of owners) {
    const loaded = await findVerified(deps, owner, digest);
    if (loaded === undefined) continue;
    cache.set(`${owner}/${digest}`, loaded);
    return loaded;
  }
  throw new McError('mc:package:not-found', `There is no package with the digest ${digest}.`);
}
