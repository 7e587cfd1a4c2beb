import type { Deps } from '../port/deps.ts';
import type { Page } from '../port/table.ts';
import type { Actor } from '../tenant/actor.ts';
import { runsHome } from './tenant-access.ts';
import { getTenant, queryTenants } from '../tenant/tenant-store.ts';
import { toTenantSummary, type TenantSummary } from './tenant-view.ts';

/** One page of the tenants the caller may see, by name: all for who runs the home, its own for everybody else. */
export async function listTenants(
  deps: Pick<Deps, 'table' | 'config'>,
  actor: Actor,
  page: { limit: number; cursor?: string },
): Promise<Page<TenantSummary>> {
  if (!runsHome(deps, actor)) return { items: [toTenantSummary(await getTenant(deps, actor.tenant))] };
  const { items, ...rest } = await queryTenants(deps, page);
  return { items: items.map(toTenantSummary), ...rest };
}
