import { TenantId } from '../../shared/core/tenant-id.ts';
import type { Deps } from '../../shared/port/deps.ts';
import { newTenant } from '../../shared/tenant/open-tenant.ts';
import { createTenantOp } from '../../shared/tenant/tenant-store.ts';
import type { Tenant } from '../../shared/tenant/tenant.ts';
import { newUsageOp } from '../../shared/tenant/usage.ts';

/** Makes a tenant straight in the table: `acme` with room for 1,000 runs and USD 1,000 a day, where the settings do not say otherwise. */
export async function addTenant(
  deps: Pick<Deps, 'table' | 'clock'>,
  settings: Partial<Omit<Tenant, 'id'>> & { id?: string } = {},
): Promise<Tenant> {
  const { id = 'acme', ...rest } = settings;
  const quota: Tenant['quota'] = { maxConcurrent: 1_000, resourceClasses: ['small', 'medium', 'large'] };
  const base = newTenant(deps, { id: TenantId.parse(id), createdBy: 'test', quota, dailyMaxUsdMicros: 1_000_000_000 });
  const tenant = { ...base, ...rest };
  // A home that is opened again has the tenant already.
  await deps.table.write([createTenantOp(tenant), newUsageOp(tenant.id)]);
  return tenant;
}
