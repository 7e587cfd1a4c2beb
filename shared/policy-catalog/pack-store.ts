/** The versions of a tenant's own packs in the table; which of them judges is said by the tenant itself (`Tenant.packs`). */
import { z } from 'zod';
import type { TenantId } from '../core/tenant-id.ts';
import { versionSortKey } from '../core/version-sort-key.ts';
import type { Deps } from '../port/deps.ts';
import type { Item, Key, WriteOp } from '../port/table.ts';
import { PackRecord } from './pack-record.ts';

const StoredPack = z.looseObject({ record: PackRecord });

/** Names one version of a pack of a tenant. */
export interface PackVersionRef {
  name: string;
  version: string;
}

const packKey = (tenant: TenantId, { name, version }: PackVersionRef): Key => ({
  pk: `T#${tenant}#PACK#${name}`,
  sk: `V#${versionSortKey(version)}`,
});

const recordOf = (item: Item): PackRecord => StoredPack.parse(item).record;

/** The op that makes a version; fails on its condition when there is one. */
export function createPackOp(tenant: TenantId, record: PackRecord): WriteOp {
  const item = { ...packKey(tenant, record), type: 'policy-pack', record: z.json().parse(record) };
  return { kind: 'put', item, conditions: [{ kind: 'absent' }] };
}

/** The records of these versions, in their order; one read. */
export async function findPacks(
  { table }: Pick<Deps, 'table'>,
  tenant: TenantId,
  refs: readonly PackVersionRef[],
): Promise<(PackRecord | undefined)[]> {
  if (refs.length === 0) return [];
  const items = await table.getMany(refs.map((ref) => packKey(tenant, ref)));
  return items.map((item) => item && recordOf(item));
}

/** The newest versions of a pack, at most so many, and whether there are older ones. */
export async function newestPacks(
  { table }: Pick<Deps, 'table'>,
  tenant: TenantId,
  { name, limit }: { name: string; limit: number },
): Promise<{ records: PackRecord[]; hasMore: boolean }> {
  const { items, cursor } = await table.query({ pk: packKey(tenant, { name, version: '0.0.0' }).pk, limit, reverse: true });
  return { records: items.map(recordOf), hasMore: cursor !== undefined };
}
