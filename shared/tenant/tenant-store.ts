/** Where tenants and members lie: the tenant's own partitions, and a list by name for the owner of the home. */
import type { TenantId } from '../core/tenant-id.ts';
import { McError } from '../core/errors.ts';
import type { Deps } from '../port/deps.ts';
import type { Condition, Item, Key, Page, WriteOp } from '../port/table.ts';
import { Member, Tenant } from './tenant.ts';

/** The list of all tenants, for the owner of the home only. */
const tenantList = 'SYS#TENANTS';

export function tenantKey(tenant: TenantId): Key {
  return { pk: `T#${tenant}`, sk: 'TENANT' };
}

export function memberKey(tenant: TenantId, subject: string): Key {
  return { pk: `T#${tenant}#MEMBER`, sk: subject };
}

function tenantItem(tenant: Tenant): Item {
  return { ...tenantKey(tenant.id), ...tenant, gsi1pk: tenantList, gsi1sk: tenant.id };
}

/** Creates the tenant; fails on its condition when there is one of this name. */
export function createTenantOp(tenant: Tenant): WriteOp {
  return { kind: 'put', item: tenantItem(tenant), conditions: [{ kind: 'absent' }] };
}

/** Replaces the tenant that was read as `version`; fails on its condition when somebody else changed it since. */
export function changeTenantOp(tenant: Tenant): WriteOp {
  return {
    kind: 'put',
    item: tenantItem({ ...tenant, version: tenant.version + 1 }),
    conditions: [{ kind: 'compare', field: 'version', op: '=', value: tenant.version }],
  };
}

/** Lets a write happen only while the tenant is as it was read: what was judged by its caps, rule data and packs is let in by these or not at all. */
export function tenantUnchangedOp({ id, version }: Tenant): WriteOp {
  return { kind: 'check', key: tenantKey(id), conditions: [{ kind: 'compare', field: 'version', op: '=', value: version }] };
}

/** Stores the member in place of what was read before; fails on its condition when somebody else changed or made it since. */
export function putMemberOp(tenant: TenantId, member: Member, before?: Member): WriteOp {
  return {
    kind: 'put',
    item: { ...memberKey(tenant, member.subject), ...member },
    conditions: asRead(before),
  };
}

/** Lets a write happen only while the member is as it was read, or not there. */
export function memberUnchangedOp(tenant: TenantId, subject: string, before: Member | undefined): WriteOp {
  return { kind: 'check', key: memberKey(tenant, subject), conditions: asRead(before) };
}

const asRead = (before: Member | undefined): Condition[] => (before ? sameMember(before) : [{ kind: 'absent' }]);

/** Two changes may fall into one millisecond, so what was read counts, not only when it was written. */
function sameMember({ role, kind, suspended, updatedAt }: Member): Condition[] {
  return Object.entries({ role, kind, suspended, updatedAt }).map(([field, value]) => ({ kind: 'compare', field, op: '=', value }));
}

/** Reads a stored member; undefined for nothing. */
export function toMember(item: Item | undefined): Member | undefined {
  if (!item) return undefined;
  const { pk: _pk, sk: _sk, ...fields } = item;
  return Member.parse(fields);
}

/** Parsing costs more than reading; a table that hands out the same object again hands out a tenant that was parsed already. */
const parsedTenants = new WeakMap<Item, Tenant>();

/** Reads a stored tenant. */
function toTenant(item: Item): Tenant {
  const tenant = parsedTenants.get(item) ?? Tenant.parse(item);
  parsedTenants.set(item, tenant);
  return tenant;
}

/** The tenant; throws `mc:tenant:not-found`. */
export async function getTenant({ table }: Pick<Deps, 'table'>, tenant: TenantId): Promise<Tenant> {
  const item = await table.get(tenantKey(tenant));
  if (!item) throw new McError('mc:tenant:not-found', `There is no tenant ${tenant}.`);
  return toTenant(item);
}

/** The member, or undefined. */
export async function findMember({ table }: Pick<Deps, 'table'>, tenant: TenantId, subject: string): Promise<Member | undefined> {
  return toMember(await table.get(memberKey(tenant, subject)));
}

/** One page of all tenants, by name. */
export async function queryTenants({ table }: Pick<Deps, 'table'>, page: { limit: number; cursor?: string }): Promise<Page<Tenant>> {
  const { items, ...rest } = await table.query({ index: 'gsi1', pk: tenantList, ...page });
  return { items: items.map((item) => Tenant.parse(item)), ...rest };
}

/** One page of the members of a tenant, by subject. */
export async function queryMembers(
  { table }: Pick<Deps, 'table'>,
  tenant: TenantId,
  page: { limit: number; cursor?: string },
): Promise<Page<Member>> {
  const { items, ...rest } = await table.query({ pk: memberKey(tenant, '').pk, ...page });
  return { items: items.flatMap((item) => toMember(item) ?? []), ...rest };
}
