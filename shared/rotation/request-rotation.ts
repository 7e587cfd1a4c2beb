import { z } from 'zod';
import { auditOp } from '../audit/audit-event.ts';
import { McError } from '../core/errors.ts';
import { findSignerKey, firstSignerKeyOp, listSignerKeys, maxSignerKeys } from '../keys/signer-keys.ts';
import { isoTime } from '../port/clock.ts';
import type { Deps } from '../port/deps.ts';
import type { Condition, WriteOp } from '../port/table.ts';
import type { Actor } from '../tenant/actor.ts';
import { requireRunsHome } from '../tenant-admin/tenant-access.ts';
import { Reason } from '../tenant-admin/tenant-settings.ts';
import { proveKey, versionsOf } from './prove-key.ts';
import { refuseRotation } from './refuse-rotation.ts';
import {
  findPending,
  hasReached,
  pendingKey,
  RotationKind,
  rotationKey,
  rotationsIndex,
  type RotatedKey,
  type Rotation,
} from './rotation.ts';

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
    instead: z
      .boolean()
      .optional()
      .describe('Abandon the rotation of this kind that is under way, unless it has switched keys, and begin this one in its place'),
  })
  .refine(({ instead, reason }) => instead !== true || reason !== undefined, {
    path: ['reason'],
    message: 'say why the rotation that is under way is abandoned',
  })
  .meta({ id: 'RequestRotation' });
export type RequestRotation = z.output<typeof RequestRotation>;

/**
 * Begins a rotation and answers its row. Nothing is begun when another one of this kind is under way (`mc:key:rotation-conflict`) or the key in use does not work
 * (`mc:key:rotation-refused`): it has to vouch for its successor. With `instead` one that cannot go on, because its new key is lost, makes room; its keys stay as they are.
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
  const other = request.instead === true ? await findPending(deps, kind) : undefined;
  if (other && hasReached(other, 'switched')) throw await conflict(deps, kind);
  const { ok } = await deps.table.write([
    { kind: 'put', item: rotationItem(rotation), conditions: [{ kind: 'absent' }] },
    { kind: 'put', item: { ...pendingKey(kind), rotationId: rotation.id }, conditions: [pendingIs(other)] },
    ...(other ? abandonOps(deps, actor, other, reason) : []),
    ...(kind === 'signer' ? await signerRowOps(deps, rotation.oldKey) : []),
    auditOp(deps, deps.config.ownerTenant, actor, { type: 'mc.keys.rotate', subject: keyId, reason, details }),
  ]);
  if (!ok) throw await conflict(deps, kind);
  await deps.faults.hit('rotate:after-request');
  await deps.rotations.start({ rotationId: rotation.id }, rotation.attempts);
  return rotation;
}

function pendingIs(other: Rotation | undefined): Condition {
  return other ? { kind: 'compare', field: 'rotationId', op: '=', value: other.id } : { kind: 'absent' };
}

/** Its new key stays, published and not used: a step that is under way at this moment may still put it to use, and what it signs then verifies. */
function abandonOps(deps: Deps, actor: Actor, { id, kind, step, oldKey, newKey }: Rotation, reason: string): WriteOp[] {
  const details = { rotationId: id, kind, step: 'abandoned', oldKey: oldKey.keyId, newKey: newKey?.keyId ?? null };
  const conditions = [{ kind: 'compare', field: 'step', op: '=', value: step }] as const;
  return [
    { kind: 'update', key: rotationKey(id), set: { step: 'abandoned', finishedAt: deps.clock.now() }, conditions },
    auditOp(deps, deps.config.ownerTenant, actor, { type: 'mc.keys.rotate', subject: newKey?.keyId ?? oldKey.keyId, reason, details }),
  ];
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
