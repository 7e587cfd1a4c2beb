import { z } from 'zod';
import { auditOp } from '../audit/audit-event.ts';
import { McError } from '../core/errors.ts';
import { isoTime } from '../port/clock.ts';
import type { Deps } from '../port/deps.ts';
import { Actor, Role } from '../tenant/actor.ts';
import { isHomeService } from '../tenant/service-identity.ts';
import { reachTenant } from './tenant-access.ts';
import { Reason } from './tenant-settings.ts';
import { findMember, memberUnchangedOp, putMemberOp } from '../tenant/tenant-store.ts';
import { Member, type Tenant } from '../tenant/tenant.ts';

/** Whom tokens may speak of; the home keeps the names of its own programs. */
export const Subject = Actor.shape.sub.refine((subject) => !isHomeService(subject), {
  message: 'is a name that the home keeps for its own programs',
  params: { code: 'reserved', allowed: 'the `sub` of a token', fix: 'Give the service a name of its own, such as service:ci.' },
});

/** A member as it is to be; what is not given stays, and is a person that is not suspended when there was none. */
export const PutMember = z
  .strictObject({
    subject: Subject.describe('The `sub` of its tokens'),
    role: Role.describe('What it may do, whatever roles its tokens name'),
    kind: Member.shape.kind.optional().describe('`service` for programs'),
    suspended: z.boolean().optional().describe('A suspended member may do nothing'),
    reason: Reason.optional(),
  })
  .meta({ id: 'PutMember' });
export type PutMember = z.output<typeof PutMember>;

/** Each lost race means that somebody else got on; more than this is not a race. */
const maxAttempts = 5;

/** An admin that suspends itself, or takes another role, could not undo it, and may have been the last one: of the owner's, nobody else could either. */
function requireNotLockedOut({ sub, tenant: own }: Actor, tenant: Tenant, { subject, role, suspended }: PutMember): void {
  if (own !== tenant.id || sub !== subject) return;
  const place = { code: 'own-member', message: 'would lock the caller out', fix: 'Ask another admin of the tenant.' };
  const issues = [
    ...(role === 'admin' ? [] : [{ ...place, pointer: '/role', got: role, allowed: 'admin for oneself' }]),
    ...(suspended === true ? [{ ...place, pointer: '/suspended', got: 'true', allowed: 'false for oneself' }] : []),
  ];
  if (issues.length > 0)
    throw new McError('mc:request:invalid', 'Nobody can suspend themselves, or take the role of an admin from themselves.', { issues });
}

/** A request may have been let in a moment before its caller lost the role: of two admins who demote each other one has to be left. */
function requireStillAdmin({ sub, tenant }: Actor, caller: Member | undefined): void {
  if (!caller || (caller.role === 'admin' && !caller.suspended)) return;
  throw new McError('mc:auth:forbidden', `${sub} is no admin of the tenant ${tenant} any more.`);
}

async function tryPut(
  deps: Pick<Deps, 'table' | 'clock' | 'ids' | 'config'>,
  actor: Actor,
  name: string,
  request: PutMember,
): Promise<Member | undefined> {
  const tenant = await reachTenant(deps, actor, name);
  requireNotLockedOut(actor, tenant, request);
  const { subject, role, reason = 'not given' } = request;
  const before = await findMember(deps, tenant.id, subject);
  // Read last, so that whoever changes itself was still an admin when its record was as `before`.
  const caller = await findMember(deps, actor.tenant, actor.sub);
  requireStillAdmin(actor, caller);
  const kind = request.kind ?? before?.kind ?? 'person';
  const suspended = request.suspended ?? before?.suspended ?? false;
  const member: Member = { subject, role, kind, suspended, updatedAt: isoTime(deps.clock.now()), updatedBy: actor.sub };
  const was = before ? { role: before.role, kind: before.kind, suspended: before.suspended } : null;
  const details = { before: was, after: { role, kind, suspended } };
  const audit = auditOp(deps, tenant.id, actor, { type: 'mc.member.put', subject, reason, details });
  const isItself = actor.tenant === tenant.id && actor.sub === subject;
  const callerStays = isItself ? [] : [memberUnchangedOp(actor.tenant, actor.sub, caller)];
  const { ok } = await deps.table.write([putMemberOp(tenant.id, member, before), audit, ...callerStays]);
  return ok ? member : undefined;
}

/** Makes the member what is given; counts from the member's next request on. Changes at the same time do not undo each other. */
export async function putMember(
  deps: Pick<Deps, 'table' | 'clock' | 'ids' | 'config'>,
  actor: Actor,
  { tenant, member }: { tenant: string; member: PutMember },
): Promise<Member> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const stored = await tryPut(deps, actor, tenant, member);
    if (stored) return stored;
  }
  throw new McError('mc:tenant:conflict', `The member ${member.subject} is being changed by others.`);
}
