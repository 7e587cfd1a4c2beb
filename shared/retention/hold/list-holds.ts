import type { Deps } from '../../port/deps.ts';
import type { Page } from '../../port/table.ts';
import { reachTenant } from '../../tenant-admin/tenant-access.ts';
import type { Actor } from '../../tenant/actor.ts';
import { queryHolds, type LegalHold } from './legal-hold.ts';

/** One page of the holds of a tenant that the caller reaches, the newest first, with those that were released. */
export async function listHolds(
  deps: Pick<Deps, 'table' | 'config'>,
  actor: Actor,
  { tenant, ...page }: { tenant: string; limit: number; cursor?: string },
): Promise<Page<LegalHold>> {
  const { id } = await reachTenant(deps, actor, tenant);
  return queryHolds(deps, id, page);
}
