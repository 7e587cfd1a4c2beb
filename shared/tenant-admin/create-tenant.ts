import { z } from 'zod';
import { auditOp } from '../audit/audit-event.ts';
import { toUsd } from '../core/money.ts';
import { McError } from '../core/errors.ts';
import { isoTime } from '../port/clock.ts';
import type { Deps } from '../port/deps.ts';
import type { Actor } from '../tenant/actor.ts';
import { newTenant, tenantDefaults } from '../tenant/open-tenant.ts';
import { Subject } from './put-member.ts';
import { requireRunsHome } from './tenant-access.ts';
import { BudgetSetting, DisplayName, NewTenantId, QuotaSetting, Reason, TimeZone } from './tenant-settings.ts';
import { createTenantOp, putMemberOp } from '../tenant/tenant-store.ts';
import { toTenantDetails, type TenantDetails } from './tenant-view.ts';
import type { Quota, Tenant } from '../tenant/tenant.ts';
import { newUsageOp, readUsage } from '../tenant/usage.ts';

/** What a new tenant is to be; what is not given gets its default. */
export const CreateTenant = z
  .strictObject({
    id: NewTenantId,
    displayName: DisplayName.optional(),
    timeZone: TimeZone.optional(),
    quota: QuotaSetting.optional(),
    budget: BudgetSetting.optional(),
    admin: Subject.optional().describe('Subject of its first admin, as tokens name it'),
    reason: Reason.optional(),
  })
  .meta({ id: 'CreateTenant' });
export type CreateTenant = z.output<typeof CreateTenant>;

function quotaOf({ maxConcurrent, resourceClasses }: QuotaSetting): Quota {
  const { quota } = tenantDefaults;
  return { maxConcurrent: maxConcurrent ?? quota.maxConcurrent, resourceClasses: resourceClasses ?? [...quota.resourceClasses] };
}

function tenantOf(deps: Pick<Deps, 'clock'>, createdBy: string, request: CreateTenant): Tenant {
  const { id, displayName, timeZone, quota, budget } = request;
  return newTenant(deps, {
    id,
    createdBy,
    ...(displayName !== undefined && { displayName }),
    ...(timeZone !== undefined && { timeZone }),
    ...(quota && { quota: quotaOf(quota) }),
    ...(budget && { dailyMaxUsdMicros: budget.dailyMaxUSD }),
  });
}

/** Creates the tenant, its usage and its first admin together, once: a second time, and a race, end in `mc:tenant:conflict`. */
export async function createTenant(
  deps: Pick<Deps, 'table' | 'clock' | 'ids' | 'config'>,
  actor: Actor,
  request: CreateTenant,
): Promise<TenantDetails> {
  requireRunsHome(deps, actor, 'create tenants');
  const tenant = tenantOf(deps, actor.sub, request);
  const { id, quota, dailyMaxUsdMicros, timeZone } = tenant;
  const { admin, reason = 'not given' } = request;
  const firstAdmin = {
    role: 'admin',
    kind: 'person',
    suspended: false,
    updatedAt: isoTime(deps.clock.now()),
    updatedBy: actor.sub,
  } as const;
  const details = { quota, dailyMaxUSD: toUsd(dailyMaxUsdMicros), timeZone, admin: admin ?? null };
  const { ok } = await deps.table.write([
    createTenantOp(tenant),
    newUsageOp(id),
    ...(admin === undefined ? [] : [putMemberOp(id, { subject: admin, ...firstAdmin })]),
    auditOp(deps, id, actor, { type: 'mc.tenant.create', subject: id, reason, details }),
  ]);
  if (!ok) throw new McError('mc:tenant:conflict', `There is a tenant ${id} already; change it instead.`);
  return toTenantDetails(tenant, await readUsage(deps, tenant));
}
