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

/** A burst asks thousands of times in this while, and what it asks about is held by conditions anyway. */
const reusedMs = 50;

interface Reading {
  state: Promise<TenantState>;
  readAt: number;
}

/** By the tenant as it was read: a changed tenant is another object, and its usage is read anew. Whoever asks while it is being read waits for the same answer. */
const readings = new WeakMap<Tenant, Reading>();

async function read(deps: Pick<Deps, 'table' | 'clock'>, tenant: Tenant): Promise<TenantState> {
  return { tenant, usage: await readUsage(deps, tenant) };
}

/**
 * The tenant as it is now, and its usage as it was at most 50 ms ago: good enough to allow by, because the admission's conditions hold quota and budget. Who
 * denies by it asks again with `isFresh`.
 */
export async function readTenantState(deps: Pick<Deps, 'table' | 'clock'>, id: TenantId, { isFresh = false } = {}): Promise<TenantState> {
  const tenant = await getTenant(deps, id);
  const readAt = deps.clock.now();
  const earlier = readings.get(tenant);
  if (earlier && !isFresh && readAt >= earlier.readAt && readAt - earlier.readAt < reusedMs) return earlier.state;
  const state = read(deps, tenant);
  readings.set(tenant, { state, readAt });
  // A failure is not kept: the next question reads again.
  state.catch(() => {
    if (readings.get(tenant)?.state === state) readings.delete(tenant);
  });
  return state;
}
