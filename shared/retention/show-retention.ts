import type { Deps } from '../port/deps.ts';
import { reachTenant } from '../tenant-admin/tenant-access.ts';
import type { Actor } from '../tenant/actor.ts';
import { countHolds } from './hold/legal-hold.ts';
import { lookAtClock } from './home-clock.ts';
import { toRetentionView, type RetentionView } from './retention-view.ts';

/** What is kept for how long of a tenant that the caller reaches; throws `mc:tenant:not-found`. */
export async function showRetention(deps: Pick<Deps, 'table' | 'clock' | 'config'>, actor: Actor, name: string): Promise<RetentionView> {
  const tenant = await reachTenant(deps, actor, name);
  return toRetentionView(tenant, await countHolds(deps, tenant.id), await lookAtClock(deps));
}
