import { ReusedReading } from '../core/reused-reading.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';
import { getTenant } from './tenant-store.ts';
import type { Tenant } from './tenant.ts';
import { readUsage, type Usage } from './usage.ts';

/** A tenant and what it uses, as decisions see it. */
export interface TenantState {
  tenant: Tenant;
  usage: Usage;
}

/** By the tenant as it was read: a changed tenant is another object, and its usage is read anew. */
const readings = new WeakMap<Tenant, ReusedReading<TenantState>>();

async function read(deps: Pick<Deps, 'table' | 'clock'>, tenant: Tenant): Promise<TenantState> {
  return { tenant, usage: await readUsage(deps, tenant) };
}

/**
 * The tenant as it is now, and its usage as it was at most 50 ms ago: good enough to allow by, because the admission's conditions hold quota and budget. Who
 * denies by it asks again with `isFresh`.
 */
export async function readTenantState(deps: Pick<Deps, 'table' | 'clock'>, id: TenantId, { isFresh = false } = {}): Promise<TenantState> {
  const tenant = await getTenant(deps, id);
  const known = readings.get(tenant) ?? new ReusedReading<TenantState>();
  readings.set(tenant, known);
  const [now, readNow] = [deps.clock.now(), () => read(deps, tenant)];
  return isFresh ? known.fresh(now, readNow) : known.at(now, readNow);
}
