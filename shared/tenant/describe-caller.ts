/** Who asks, and what their tenant may use and uses: the answer of whoami, in the shape of the seed. */
import { z } from 'zod';
import { toUsd } from '../core/money.ts';
import { ResourceClass } from '../core/resource-class.ts';
import type { Deps } from '../port/deps.ts';
import { Role, type Actor } from './actor.ts';
import { getTenant } from './tenant-store.ts';
import { readUsage } from './usage.ts';

/** The caller as the home sees it; the first five fields are a contract with scripts and stay as they are. */
export const Identity = z
  .strictObject({
    subject: z.string(),
    tenant: z.string(),
    roles: z.array(Role),
    quotas: z.strictObject({
      maxConcurrent: z.int(),
      inUse: z.int().describe('Open executions of the tenant now'),
    }),
    budget: z.strictObject({
      dailyMaxUSD: z.number(),
      spentUSD: z.number().describe('Measured cost of the executions of this day that have ended'),
    }),
    reservedUSD: z.number().describe('Estimated cost of the executions of this day that are still open; it counts against the budget too'),
    day: z.string().describe('The day of the budget in the time zone of the tenant, YYYY-MM-DD'),
    timeZone: z.string(),
    resourceClasses: z.array(ResourceClass).describe('Classes the tenant may use'),
    kind: z.enum(['person', 'service']),
  })
  .meta({ id: 'Identity' });
export type Identity = z.infer<typeof Identity>;

/** Reads only: what the tenant may use is what admission would hold a run against now. */
export async function describeCaller(deps: Pick<Deps, 'table' | 'clock'>, actor: Actor): Promise<Identity> {
  const tenant = await getTenant(deps, actor.tenant);
  const usage = await readUsage(deps, tenant);
  return {
    subject: actor.sub,
    tenant: tenant.id,
    roles: actor.roles,
    quotas: { maxConcurrent: tenant.quota.maxConcurrent, inUse: usage.inUse },
    budget: { dailyMaxUSD: toUsd(tenant.dailyMaxUsdMicros), spentUSD: toUsd(usage.measuredUsdMicros) },
    reservedUSD: toUsd(usage.reservedUsdMicros),
    day: usage.day,
    timeZone: tenant.timeZone,
    resourceClasses: tenant.quota.resourceClasses,
    kind: actor.isService === true ? 'service' : 'person',
  };
}
