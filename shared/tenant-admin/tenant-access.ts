/** Who reaches which tenant. Whatever is not reached is not there: an answer never tells a tenant of others. */
import { McError } from '../core/errors.ts';
import { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';
import type { Actor } from '../tenant/actor.ts';
import { getTenant } from '../tenant/tenant-store.ts';
import type { Tenant } from '../tenant/tenant.ts';

/** Whether the caller runs the home: an admin of the tenant that owns it. */
export function runsHome({ config }: Pick<Deps, 'config'>, { tenant, roles }: Actor): boolean {
  return tenant === config.ownerTenant && roles.includes('admin');
}

/** The name of the tenant when the caller reaches it: its own, or any for who runs the home. Throws `mc:tenant:not-found`. */
function reachTenantId(deps: Pick<Deps, 'config'>, actor: Actor, name: string): TenantId {
  const { data: id } = TenantId.safeParse(name);
  if (id !== undefined && (id === actor.tenant || runsHome(deps, actor))) return id;
  throw new McError('mc:tenant:not-found', `There is no tenant ${name}.`);
}

/** The tenant when the caller reaches it; throws `mc:tenant:not-found`. */
export async function reachTenant(deps: Pick<Deps, 'table' | 'config'>, actor: Actor, name: string): Promise<Tenant> {
  return getTenant(deps, reachTenantId(deps, actor, name));
}

/** Throws `mc:auth:forbidden`, with what is reserved, unless the caller runs the home. */
export function requireRunsHome(deps: Pick<Deps, 'config'>, actor: Actor, what: string): void {
  if (runsHome(deps, actor)) return;
  const { ownerTenant } = deps.config;
  throw new McError(
    'mc:auth:forbidden',
    `Only admins of the tenant ${ownerTenant}, which owns this home, ${what}; the caller is of the tenant ${actor.tenant}.`,
  );
}
