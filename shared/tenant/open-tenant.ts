import type { TenantId } from '../core/tenant-id.ts';
import { isoTime } from '../port/clock.ts';
import type { Deps } from '../port/deps.ts';
import type { Tenant } from './tenant.ts';

/** What a tenant gets that nobody said more about: these caps, every class, days of UTC. */
export const tenantDefaults = {
  timeZone: 'Etc/UTC',
  quota: { maxConcurrent: 25, resourceClasses: ['small', 'medium', 'large'] },
  dailyMaxUsdMicros: 100_000_000,
  egressMode: 'enforce',
} as const satisfies Partial<Tenant> & { quota: { resourceClasses: readonly string[] } };

/** A tenant as it begins. */
export function newTenant(
  deps: Pick<Deps, 'clock'>,
  {
    id,
    createdBy,
    ...settings
  }: { id: TenantId; createdBy: string } & Partial<Pick<Tenant, 'displayName' | 'timeZone' | 'quota' | 'dailyMaxUsdMicros'>>,
): Tenant {
  const { quota, ...rest } = tenantDefaults;
  const defaults = { ...rest, quota: { ...quota, resourceClasses: [...quota.resourceClasses] } };
  const createdAt = isoTime(deps.clock.now());
  return { displayName: id, ...defaults, ...settings, id, data: {}, packs: [], policyKeys: [], createdAt, createdBy, version: 1 };
}
