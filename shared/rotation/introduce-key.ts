/** The first half of a rotation: until its last step nothing that the home does has changed. */
import { assertInvariant } from '../core/errors.ts';
import { signerKeyKey, type SignerKey } from '../keys/signer-key.ts';
import type { Deps } from '../port/deps.ts';
import type { WriteOp } from '../port/table.ts';
import { proveKey, versionsOf } from './prove-key.ts';
import { advance, type RotatedKey, type Rotation } from './rotation.ts';
import { buildRotationStatement } from './rotation-statement.ts';
import { signerOf, signRotation } from './sign-rotation.ts';
import { step } from './step.ts';

/** Makes the new key, and publishes it before it signs anything. */
export const createKey = step('created', async (deps, rotation) => {
  const { id, kind, oldKey } = rotation;
  const { keyId, handle, pem } = await versionsOf(deps, kind).create(id);
  await deps.faults.hit('rotate:after-key');
  const now = deps.clock.now();
  const row: SignerKey | undefined =
    pem === null
      ? undefined
      : {
          ...{ keyId, pem, handle, state: 'pending', createdAt: now, signsFrom: null, signsUntil: null, goneAt: null },
          ...{ predecessor: oldKey.keyId, rotationId: id },
        };
  const ops: WriteOp[] = row ? [{ kind: 'put', item: { ...signerKeyKey(keyId), ...row }, conditions: [{ kind: 'absent' }] }] : [];
  await advance(deps, rotation, { step: 'created', newKey: { keyId, handle, pem } }, ops);
  await deps.faults.hit('rotate:after-create');
});

/** Tries the new key, and once more the old one, which has to vouch for it. */
export const proveKeys = step('proven', async (deps, rotation) => {
  await proveKey(deps, rotation.kind, newKeyOf(rotation));
  await proveKey(deps, rotation.kind, rotation.oldKey);
  await advance(deps, rotation, { step: 'proven' });
  await deps.faults.hit('rotate:after-prove');
});

/** The old key signs that the new one follows it, and the new one that it follows the old: one bundle each, filed and logged together. */
export const attestRotation = step('attested', async (deps, rotation) => {
  const ops = rotation.kind === 'signer' ? await signByBoth(deps, rotation) : await signByHome(deps, rotation);
  await deps.faults.hit('rotate:after-bundles');
  await advance(deps, rotation, { step: 'attested' }, ops);
  await deps.faults.hit('rotate:after-attest');
});

async function signByBoth(deps: Deps, rotation: Rotation): Promise<WriteOp[]> {
  const statement = buildRotationStatement(deps, rotation, 'introduced');
  const { id, oldKey, kind } = rotation;
  const newKey = newKeyOf(rotation);
  // What is missing is told in the same words as at the beginning.
  await proveKey(deps, kind, oldKey);
  const signed = await Promise.all([
    signRotation(deps, signerOf(deps, oldKey), { id, name: 'introduced-by-old', statement, by: oldKey }),
    signRotation(deps, signerOf(deps, newKey), { id, name: 'introduced-by-new', statement, by: newKey }),
  ]);
  return signed.flat();
}

async function signByHome(deps: Deps, rotation: Rotation): Promise<WriteOp[]> {
  const statement = buildRotationStatement(deps, rotation, 'introduced');
  return signRotation(deps, deps.signer, { id: rotation.id, name: 'introduced', statement });
}

/** The new key of a rotation that has one. */
export function newKeyOf({ id, newKey }: Rotation): RotatedKey {
  assertInvariant(newKey !== null, `${id} has no new key yet`);
  return newKey;
}
