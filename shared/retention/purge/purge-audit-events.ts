import { z } from 'zod';
import { AuditEvent, auditPk } from '../../audit/audit-event.ts';
import { digestJson } from '../../core/digest.ts';
import type { TenantId } from '../../core/tenant-id.ts';
import { isoTime } from '../../port/clock.ts';
import type { WriteOp } from '../../port/table.ts';
import { dayMs, retentionOf } from '../../tenant/retention.ts';
import type { Tenant } from '../../tenant/tenant.ts';
import { getTenant } from '../../tenant/tenant-store.ts';
import { steadyNow } from '../home-clock.ts';
import type { Purge } from './purge-record.ts';
import { takeAtOnce } from './take-at-once.ts';
import { carryOut, type MayGoOn, type PurgeDeps } from './carry-out.ts';

const StoredEvent = z.object({ sk: z.string(), event: AuditEvent });

/** Together with the checks and the record of the purge they fit one write. */
const eventsPerPurge = 90;
/**
 * Deletes the audit events that are due, the oldest first; each write takes some of them, and is the record of that. While the tenant has any legal hold, all
 * of them stay. False when `mayGoOn` said no before the end.
 */
export async function purgeAuditEvents(deps: PurgeDeps, id: TenantId, mayGoOn: MayGoOn): Promise<boolean> {
  while (await mayGoOn()) {
    const tenant = await getTenant(deps, id);
    const { audit } = retentionOf(tenant);
    const before = isoTime((await steadyNow(deps)) - audit * dayMs);
    const { items } = await deps.table.query({ pk: auditPk(id), limit: eventsPerPurge });
    const due = items.map((item) => StoredEvent.parse(item)).filter(({ event }) => event.time <= before);
    if (due.length === 0) return true;
    const purge = await takeEvents(deps, tenant, due);
    // A hold, or other settings: the next round looks again.
    if (!purge) return true;
    await carryOut(deps, id, purge);
  }
  return false;
}

async function takeEvents(deps: PurgeDeps, owner: Tenant, due: readonly z.infer<typeof StoredEvent>[]): Promise<Purge | undefined> {
  return takeAtOnce(deps, owner, {
    kind: 'audit',
    reason: 'audit events that are due',
    entries: due.map(({ event }) => ({ event: event.id, digest: digestJson(event) })),
    ops: () => due.map(({ sk }): WriteOp => ({ kind: 'delete', key: { pk: auditPk(owner.id), sk }, conditions: [{ kind: 'present' }] })),
  });
}
