/**
 * Packages in the table: one item per version, listed by name and version through gsi1, and one item per digest, because plans and runs know
 * a package by its digest only. Both are written together and never changed.
 */
import { z } from 'zod';
import type { Digest } from '../core/digest.ts';
import { canonicalJson } from '../core/json/canonical-json.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { versionSortKey } from '../core/version-sort-key.ts';
import type { Deps } from '../port/deps.ts';
import { listRoom, queryWithin } from '../port/query-within.ts';
import { tableLimits, type Item, type Key, type Page, type WriteOp } from '../port/table.ts';
import { PackageDescriptor } from './descriptor.ts';
import { PackageRecord } from './package-record.ts';

/** A descriptor stands in its row as a text: schemas may nest deeper, and hold larger numbers, than the table stores. Before 0.3 it stood there as it is. */
const StoredDescriptor = z.preprocess((stored): unknown => (typeof stored === 'string' ? JSON.parse(stored) : stored), PackageDescriptor);
const StoredPackage = z.looseObject({ record: PackageRecord.extend({ descriptor: StoredDescriptor }) });
const StoredDigest = z.looseObject({ name: z.string(), version: z.string() });

const packageKey = (tenant: TenantId, name: string, version: string): Key => ({
  pk: `T#${tenant}#PKG#${name}`,
  sk: `V#${versionSortKey(version)}`,
});
const digestKey = (tenant: TenantId, digest: Digest): Key => ({ pk: `T#${tenant}#PKGDIGEST#${digest}`, sk: 'PKG' });

const recordOf = (item: Item): PackageRecord => StoredPackage.parse(item).record;

/** The ops that publish a record; they fail when the version exists. */
export function packageWrites(tenant: TenantId, record: PackageRecord): WriteOp[] {
  const { name, version, digest } = record;
  const item: Item = {
    ...packageKey(tenant, name, version),
    gsi1pk: `T#${tenant}#PKG`,
    gsi1sk: `${name}#${versionSortKey(version)}`,
    type: 'package',
    record: { ...record, descriptor: canonicalJson(record.descriptor) },
  };
  return [
    { kind: 'put', item, conditions: [{ kind: 'absent' }] },
    { kind: 'put', item: { ...digestKey(tenant, digest), type: 'package-digest', name, version } },
  ];
}

/** The record of a version in each of the tenants, in their order; one read. */
export async function findPackages(
  deps: Pick<Deps, 'table'>,
  tenants: readonly TenantId[],
  name: string,
  version: string,
): Promise<(PackageRecord | undefined)[]> {
  const items = await deps.table.getMany(tenants.map((tenant) => packageKey(tenant, name, version)));
  return items.map((item) => (item === undefined ? undefined : recordOf(item)));
}

/** Whether the tenant has published any of these versions. */
export async function hasAnyPackage(
  deps: Pick<Deps, 'table'>,
  tenant: TenantId,
  versions: readonly { name: string; version: string }[],
): Promise<boolean> {
  const keys = versions.map(({ name, version }) => packageKey(tenant, name, version));
  const pages = [];
  for (let from = 0; from < keys.length; from += tableLimits.opsPerWrite)
    pages.push(deps.table.getMany(keys.slice(from, from + tableLimits.opsPerWrite)));
  return (await Promise.all(pages)).flat().some((item) => item !== undefined);
}

/** The record whose bundle has this digest, of this tenant only. */
export async function findPackageByDigest(deps: Pick<Deps, 'table'>, tenant: TenantId, digest: Digest): Promise<PackageRecord | undefined> {
  const found = await deps.table.get(digestKey(tenant, digest));
  if (found === undefined) return undefined;
  const { name, version } = StoredDigest.parse(found);
  const [record] = await findPackages(deps, [tenant], name, version);
  return record;
}

/** What a package says of itself has at most 64 KB as it is sent, and up to 290 KB as it is told: a number such as 1e20 is written out. */
const itemsAtOnce = 8;

const toRecords = async (items: readonly Item[]): Promise<PackageRecord[]> => items.map(recordOf);

/** One page of a tenant's packages by name, then version; it ends early when they are large. */
export async function queryPackages(
  deps: Pick<Deps, 'table'>,
  tenant: TenantId,
  page: { limit: number; cursor?: string },
): Promise<Page<PackageRecord>> {
  return queryWithin(deps.table, { index: 'gsi1', pk: `T#${tenant}#PKG`, ...page }, { ...listRoom, itemsAtOnce, read: toRecords });
}
