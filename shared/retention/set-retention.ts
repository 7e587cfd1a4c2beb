import { z } from 'zod';
import { auditOp } from '../audit/audit-event.ts';
import { McError } from '../core/errors.ts';
import { issuesOfZod } from '../core/zod-issues.ts';
import type { Deps } from '../port/deps.ts';
import { reachTenant } from '../tenant-admin/tenant-access.ts';
import { Reason } from '../tenant-admin/tenant-settings.ts';
import type { Actor } from '../tenant/actor.ts';
import { Retention, retentionOf, RunOutcome } from '../tenant/retention.ts';
import { changeTenantOp } from '../tenant/tenant-store.ts';
import { countHolds } from './hold/legal-hold.ts';
import { lookAtClock } from './home-clock.ts';
import { toRetentionView, type RetentionView } from './retention-view.ts';

const Days = z.int().min(1).max(36_500);
/** Days for all outcomes, or for some; what is not given stays. */
const DaysSetting = z.union([Days, z.partialRecord(RunOutcome, Days)]);

/** What is to change. How much is allowed at least is said by Retention, which the result must be. */
export const SetRetention = z
  .strictObject({
    logs: DaysSetting.optional().describe('Days for every outcome, or by outcome'),
    data: DaysSetting.optional(),
    receipts: DaysSetting.optional().describe('2,557 days (seven years) or more'),
    audit: Days.optional().describe('2,557 days (seven years) or more'),
    reason: Reason,
  })
  .meta({ id: 'SetRetention' });
export type SetRetention = z.infer<typeof SetRetention>;

type ByOutcome = Retention['logs'];

function changed(before: ByOutcome, setting: z.infer<typeof DaysSetting> | undefined): ByOutcome {
  if (typeof setting === 'number') return { succeeded: setting, failed: setting, cancelled: setting };
  return { ...before, ...setting };
}

/** Each lost race means that somebody else changed the tenant. */
const maxAttempts = 5;

/**
 * Sets what is kept for how long, from the next purge on; a purge that is being planned counts with the new settings too. Throws `mc:request:invalid` with every
 * reason for what is not allowed.
 */
export async function setRetention(
  deps: Pick<Deps, 'table' | 'clock' | 'ids' | 'config'>,
  actor: Actor,
  { tenant: name, change }: { tenant: string; change: SetRetention },
): Promise<RetentionView> {
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const tenant = await reachTenant(deps, actor, name);
    const before = retentionOf(tenant);
    const { logs, data, receipts, audit = before.audit, reason } = change;
    const wanted = {
      logs: changed(before.logs, logs),
      data: changed(before.data, data),
      receipts: changed(before.receipts, receipts),
      audit,
    };
    const parsed = Retention.safeParse(wanted);
    if (!parsed.success) throw new McError('mc:request:invalid', 'this cannot be kept so', { issues: issuesOfZod(parsed.error, wanted) });
    const retention = parsed.data;
    const event = { type: 'mc.retention.set', subject: tenant.id, reason, details: { before, after: retention } } as const;
    const ops = [changeTenantOp({ ...tenant, retention }), auditOp(deps, tenant.id, actor, event)];
    if ((await deps.table.write(ops)).ok)
      return toRetentionView({ ...tenant, retention }, await countHolds(deps, tenant.id), await lookAtClock(deps));
  }
  throw new McError('mc:tenant:conflict', `The tenant ${name} is being changed by others.`);
}
