import type { Deps } from '../port/deps.ts';
import type { Page } from '../port/table.ts';
import { reachTenant } from '../tenant-admin/tenant-access.ts';
import type { Actor } from '../tenant/actor.ts';
import { queryPurges, type Purge } from './purge/purge-record.ts';

/** One page of the purges of a tenant that the caller reaches, the newest first. */
export async function listPurges(
  deps: Pick<Deps, 'table' | 'config'>,
  actor: Actor,
  { tenant, ...page }: { tenant: string; limit: number; cursor?: string },
): Promise<Page<Purge>> {
  const { id } = await reachTenant(deps, actor, tenant);
  return queryPurges(deps, id, page);
}
