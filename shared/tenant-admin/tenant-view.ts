/** Tenants as the API answers them: money in dollars, and with the details what is used now. */
import { z } from 'zod';
import { toUsd } from '../core/money.ts';
import { EgressMode } from '../port/egress-trace.ts';
import { Tenant } from '../tenant/tenant.ts';
import type { Usage } from '../tenant/usage.ts';

const stored = Tenant.shape;

/** One entry of a list. */
export const TenantSummary = z
  .strictObject({
    id: z.string(),
    displayName: stored.displayName,
    timeZone: stored.timeZone,
    quota: stored.quota,
    budget: z.strictObject({ dailyMaxUSD: z.number() }),
    createdAt: stored.createdAt,
    createdBy: stored.createdBy,
  })
  .meta({ id: 'TenantSummary' });
export type TenantSummary = z.infer<typeof TenantSummary>;

/** A tenant with its rule data, packs, keys and usage. */
export const TenantDetails = z
  .strictObject({
    ...TenantSummary.shape,
    quota: stored.quota.extend({ inUse: z.int().describe('Open executions now') }),
    budget: z.strictObject({
      dailyMaxUSD: z.number(),
      spentUSD: z.number().describe('Measured cost of the executions of this day that have ended'),
      reservedUSD: z.number().describe('Estimated cost of the executions of this day that are still open'),
      day: z.string().describe('Day in the time zone of the tenant, YYYY-MM-DD'),
    }),
    data: stored.data.describe('Rule data by pack'),
    packs: stored.packs.describe("The tenant's own policy packs"),
    policyKeys: stored.policyKeys.describe('Public keys that may sign them'),
    egressMode: EgressMode.describe('`shadow` lets tasks call public hosts outside of their list, and writes it down'),
    version: stored.version.describe('Grows with every change'),
  })
  .meta({ id: 'Tenant' });
export type TenantDetails = z.infer<typeof TenantDetails>;

export function toTenantSummary({ id, displayName, timeZone, quota, dailyMaxUsdMicros, createdAt, createdBy }: Tenant): TenantSummary {
  return { id, displayName, timeZone, quota, budget: { dailyMaxUSD: toUsd(dailyMaxUsdMicros) }, createdAt, createdBy };
}

export function toTenantDetails(tenant: Tenant, { inUse, day, measuredUsdMicros, reservedUsdMicros }: Usage): TenantDetails {
  const { data, packs, policyKeys, egressMode, version } = tenant;
  const summary = toTenantSummary(tenant);
  return {
    ...summary,
    quota: { ...summary.quota, inUse },
    budget: { ...summary.budget, spentUSD: toUsd(measuredUsdMicros), reservedUSD: toUsd(reservedUsdMicros), day },
    data,
    packs,
    policyKeys,
    egressMode,
    version,
  };
}
