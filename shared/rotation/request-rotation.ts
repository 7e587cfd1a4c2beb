import { z } from 'zod';
import { auditOp } from '../audit/audit-event.ts';
import { McError } from '../core/errors.ts';
import { findSignerKey, firstSignerKeyOp, listSignerKeys, maxSignerKeys } from '../keys/signer-keys.ts';
import { isoTime } from '../port/clock.ts';
import type { Deps } from '../port/deps.ts';
import type { WriteOp } from '../port/table.ts';
import type { Actor } from '../tenant/actor.ts';
import { requireRunsHome } from '../tenant-admin/tenant-access.ts';
import { Reason } from '../tenant-admin/tenant-settings.ts';
import { proveKey, versionsOf } from './prove-key.ts';
import { refuseRotation } from './refuse-rotation.ts';
import { findPending, pendingKey, RotationKind, rotationKey, rotationsIndex, type RotatedKey, type Rotation } from './rotation.ts';

/** A day: functions and machines that still use the old key have been replaced long before, and verifiers can fetch the new one. */
export const usualWindowHours = 24;
/** An alarm says that a rotation is pending after seven days, so a window must be shorter. */
const maxWindowHours = 144;

export const RequestRotation = z
  .strictObject({
    kind: RotationKind.default('signer').describe('`signer`: the key that signs; `data`: the key that wraps data keys'),
    reason: Reason.optional(),
    windowHours: z
      .number()
      .min(0)
      .max(maxWindowHours)
      .default(usualWindowHours)
      .describe('How long the old key can still be used after the switch; what it signed verifies for ever'),
  })
  .meta({ id: 'RequestRotation' });
export type RequestRotation = z.output<typeof RequestRotation>;

/**
 * Begins a rotation and answers its row. Nothing is begun when another one of this kind is under way (`mc:key:rotation-conflict`) or the key in use does not work
 * (`mc:key:rotation-refused`): it has to vouch for its successor.
 */
export async function requestRotation(deps: Deps, actor: Actor, request: RequestRotation): Promise<Rotation> {
  requireRunsHome(deps, actor, 'rotate keys');
  const { kind, reason = 'not given', windowHours } = request;
  const { keyId, handle, pem } = await versionsOf(deps, kind).active();
  await proveKey(deps, kind, { keyId, handle, pem });
  const rotation: Rotation = {
    ...{ id: deps.ids.next('rot'), kind, step: 'requested', reason, startedAt: deps.clock.now(), windowMs: windowHours * 3_600_000 },
    ...{ windowEndsAt: null, finishedAt: null, oldKey: { keyId, handle, pem }, newKey: null },
    ...{ rewrapped: 0, cursor: null, checks: null, problem: null, attempts: 1 },
  };
  const details = { rotationId: rotation.id, kind, step: 'requested', oldKey: keyId };
  const { ok } = await deps.table.write([
    { kind: 'put', item: rotationItem(rotation), conditions: [{ kind: 'absent' }] },
    { kind: 'put', item: { ...pendingKey(kind), rotationId: rotation.id }, conditions: [{ kind: 'absent' }] },
    ...(kind === 'signer' ? await signerRowOps(deps, rotation.oldKey) : []),
    auditOp(deps, deps.config.ownerTenant, actor, { type: 'mc.keys.rotate', subject: keyId, reason, details }),
  ]);
  if (!ok) throw await conflict(deps, kind);
  await deps.faults.hit('rotate:after-request');
  await deps.rotations.start({ rotationId: rotation.id }, rotation.attempts);
  return rotation;
}

function rotationItem(rotation: Rotation): { pk: string; sk: string } & Rotation & { gsi1pk: string; gsi1sk: string } {
  return { ...rotationKey(rotation.id), ...rotation, gsi1pk: rotationsIndex, gsi1sk: rotation.id };
}

/** The first key of a home gets its row now, so that what it signed verifies when another one signs. */
async function signerRowOps(deps: Deps, { keyId, handle, pem }: RotatedKey): Promise<WriteOp[]> {
  if ((await listSignerKeys(deps)).length >= maxSignerKeys) throw refuseRotation(`This home has ${maxSignerKeys} signing keys already`);
  if (pem === null || (await findSignerKey(deps, keyId))) return [];
  return [firstSignerKeyOp({ keyId, handle, pem }, deps.clock.now())];
}

async function conflict(deps: Deps, kind: RotationKind): Promise<McError> {
  const pending = await findPending(deps, kind);
  const which = pending
    ? `${pending.id} is under way since ${isoTime(pending.startedAt)} and is ${pending.step}`
    : 'another one was faster';
  return new McError('mc:key:rotation-conflict', `The ${kind} key is being rotated: ${which}.`);
}
