import { auditOp } from '../audit/audit-event.ts';
import type { Deps } from '../port/deps.ts';
import { newTenant } from '../tenant/open-tenant.ts';
import { homeSubjects } from '../tenant/service-identity.ts';
import { createTenantOp } from '../tenant/tenant-store.ts';
import type { Tenant } from '../tenant/tenant.ts';
import { newUsageOp } from '../tenant/usage.ts';

/** Makes sure that the tenant which owns the home is there; a home without it would have nobody who may create tenants. */
export async function ensureOwnerTenant(deps: Pick<Deps, 'table' | 'clock' | 'ids' | 'config'>, quota: Tenant['quota']): Promise<void> {
  const { ownerTenant: id } = deps.config;
  const sub = homeSubjects.home;
  const tenant = newTenant(deps, { id, createdBy: sub, quota });
  const change = { type: 'mc.tenant.create', subject: id, reason: 'the home was opened for the first time' } as const;
  const audit = auditOp(deps, id, { sub, tenant: id, roles: [] }, { ...change, details: { quota } });
  // Whoever was first wins; an existing tenant stays as it was set.
  await deps.table.write([createTenantOp(tenant), newUsageOp(id), audit]);
}
