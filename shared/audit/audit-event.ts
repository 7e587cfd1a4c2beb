/** Audit events: CloudEvents 1.0, one for every change, written in the transaction that makes the change; so none is missing and none is made up. */
import { z } from 'zod';
import { idSchema, type Id } from '../core/id.ts';
import type { JsonObject } from '../core/json/canonical-json.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { isoTime } from '../port/clock.ts';
import type { Deps } from '../port/deps.ts';
import type { WriteOp } from '../port/table.ts';

/** `mc.<area>.<verb>`; everything that can change is here. */
export const AuditType = z.enum([
  'mc.tenant.create',
  'mc.tenant.change',
  'mc.member.put',
  'mc.workflow.create',
  'mc.workflow.publish',
  'mc.workflow.deny',
  'mc.package.publish',
  'mc.file.upload',
  'mc.policy.publish',
  'mc.policy.retire',
  'mc.exec.start',
  'mc.exec.deny',
  'mc.egress.blocked',
  'mc.exec.action',
  'mc.keys.rotate',
  'mc.evidence.list',
  'mc.evidence.read',
  'mc.evidence.disclose',
  'mc.evidence.open',
  'mc.retention.set',
  'mc.retention.trust',
  'mc.hold.put',
  'mc.hold.release',
  'mc.purge.refuse',
  'mc.purge.end',
  'mc.home.backup',
  'mc.home.restore',
]);
export type AuditType = z.infer<typeof AuditType>;

/** A CloudEvent in its JSON format; `data` always says who and why. */
export const AuditEvent = z
  .strictObject({
    specversion: z.literal('1.0'),
    id: idSchema('evt'),
    source: z.url().describe('The home: its builder id'),
    type: AuditType,
    subject: z.string().describe('What was changed, by its id'),
    time: z.iso.datetime(),
    datacontenttype: z.literal('application/json'),
    data: z.strictObject({
      actor: z.strictObject({ sub: z.string(), tenant: z.string(), roles: z.array(z.string()) }),
      reason: z.string(),
      details: z.record(z.string(), z.json()),
    }),
  })
  .meta({ id: 'AuditEvent' });
export type AuditEvent = z.infer<typeof AuditEvent>;

/** Who made the change. */
interface AuditActor {
  sub: string;
  tenant: TenantId;
  roles: readonly string[];
}

interface Change {
  type: AuditType;
  subject: string;
  reason: string;
  details?: JsonObject;
}

/** The partition of a tenant's events; their ids are sorted by time. */
export function auditPk(tenant: TenantId): string {
  return `T#${tenant}#AUDIT`;
}

/** The event as an op of the transaction that makes the change; filed under the tenant that was changed. */
export function auditOp(
  deps: Pick<Deps, 'ids' | 'clock'> & { config: Pick<Deps['config'], 'builderId'> },
  tenant: TenantId,
  { sub, tenant: actorTenant, roles }: AuditActor,
  { type, subject, reason, details = {} }: Change,
): WriteOp {
  const id: Id<'evt'> = deps.ids.next('evt');
  const event: AuditEvent = {
    specversion: '1.0',
    id,
    source: deps.config.builderId,
    type,
    subject,
    time: isoTime(deps.clock.now()),
    datacontenttype: 'application/json',
    data: { actor: { sub, tenant: actorTenant, roles: [...roles] }, reason, details },
  };
  return { kind: 'put', item: { pk: auditPk(tenant), sk: id, event }, conditions: [{ kind: 'absent' }] };
}
