import type { Deps } from '../port/deps.ts';
import type { Actor } from '../tenant/actor.ts';
import { reachTenant } from './tenant-access.ts';
import { toTenantDetails, type TenantDetails } from './tenant-view.ts';
import { readUsage } from '../tenant/usage.ts';

/** The tenant with what it uses now, when the caller reaches it; throws `mc:tenant:not-found`. */
export async function showTenant(deps: Pick<Deps, 'table' | 'clock' | 'config'>, actor: Actor, name: string): Promise<TenantDetails> {
  const tenant = await reachTenant(deps, actor, name);
  return toTenantDetails(tenant, await readUsage(deps, tenant));
}
