import { createPublicKey, randomBytes } from 'node:crypto';
import { McError } from '../core/errors.ts';
import type { Deps } from '../port/deps.ts';
import type { KeyVersions } from '../port/keys/key-versions.ts';
import { checkSignature } from '../receipt/check-signature.ts';
import { refuseRotation } from './refuse-rotation.ts';
import type { RotatedKey, RotationKind } from './rotation.ts';

export type KeyDeps = Pick<Deps, 'signingKeys' | 'wrappingKeys'>;

/** The versions of the keys of this kind. */
export function versionsOf({ signingKeys, wrappingKeys }: KeyDeps, kind: RotationKind): KeyVersions {
  return kind === 'signer' ? signingKeys : wrappingKeys;
}

/** Throws `mc:key:rotation-refused` unless the secret half of this key is there, works, and is the one of its public half. */
export async function proveKey(deps: KeyDeps, kind: RotationKind, key: RotatedKey): Promise<void> {
  try {
    if (kind === 'data') await deps.wrappingKeys.prove(key);
    else await proveSigner(deps, key);
  } catch (error) {
    if (!(error instanceof McError) || error.code !== 'mc:key:unreadable') throw error;
    throw refuseRotation(`The key ${key.keyId} cannot be used: ${error.message}`, error);
  }
}

async function proveSigner({ signingKeys }: KeyDeps, { keyId, handle, pem }: RotatedKey): Promise<void> {
  const message = Buffer.concat([Buffer.from('maestro key probe\n'), randomBytes(32)]);
  const signature = await signingKeys.signWith(handle, message);
  if (pem === null || !checkSignature({ message, signature, key: createPublicKey(pem) }))
    throw new McError('mc:key:unreadable', `what is kept as ${handle} is not the private half of ${keyId}`);
}
