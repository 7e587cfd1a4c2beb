import type { Deps } from '../port/deps.ts';
import type { Page } from '../port/table.ts';
import type { Actor } from '../tenant/actor.ts';
import { reachTenant } from './tenant-access.ts';
import { queryMembers } from '../tenant/tenant-store.ts';
import type { Member } from '../tenant/tenant.ts';

/** One page of the members of a tenant that the caller reaches, by subject; throws `mc:tenant:not-found`. */
export async function listMembers(
  deps: Pick<Deps, 'table' | 'config'>,
  actor: Actor,
  { tenant, ...page }: { tenant: string; limit: number; cursor?: string },
): Promise<Page<Member>> {
  const { id } = await reachTenant(deps, actor, tenant);
  return queryMembers(deps, id, page);
}
