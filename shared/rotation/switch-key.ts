import { auditOp } from '../audit/audit-event.ts';
import { signerKeyKey } from '../keys/signer-key.ts';
import type { WriteOp } from '../port/table.ts';
import { newKeyOf } from './introduce-key.ts';
import { proveKey, versionsOf } from './prove-key.ts';
import { rotationActor } from './rotation-actor.ts';
import { advance, type Rotation } from './rotation.ts';
import { step } from './step.ts';

/**
 * Puts the new key to use. It was published before, so what it signs from here on verifies everywhere; whoever holds the old one still, signs with it, and that verifies
 * too: nobody waits.
 */
export const switchKey = step('switched', async (deps, rotation) => {
  const { kind, oldKey, id, reason, windowMs } = rotation;
  const newKey = newKeyOf(rotation);
  await proveKey(deps, kind, newKey);
  await versionsOf(deps, kind).activate(newKey, oldKey);
  await deps.faults.hit('rotate:after-activate');
  const now = deps.clock.now();
  const details = { rotationId: id, kind, step: 'switched', oldKey: oldKey.keyId, newKey: newKey.keyId };
  await advance(deps, rotation, { step: 'switched', windowEndsAt: now + windowMs }, [
    ...(kind === 'signer' ? signerOps(rotation, now) : []),
    auditOp(deps, deps.config.ownerTenant, rotationActor(deps), { type: 'mc.keys.rotate', subject: newKey.keyId, reason, details }),
  ]);
  await deps.faults.hit('rotate:after-switch');
});

function signerOps(rotation: Rotation, now: number): WriteOp[] {
  const present = [{ kind: 'present' }] as const;
  const oldRow = signerKeyKey(rotation.oldKey.keyId);
  const newRow = signerKeyKey(newKeyOf(rotation).keyId);
  return [
    { kind: 'update', key: oldRow, set: { state: 'retiring', signsUntil: now }, conditions: present },
    { kind: 'update', key: newRow, set: { state: 'active', signsFrom: now }, conditions: present },
  ];
}
