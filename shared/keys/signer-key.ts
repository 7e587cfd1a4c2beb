import { z } from 'zod';
import type { Key } from '../port/table.ts';
import { idSchema } from '../core/id.ts';

/**
 * `pending`: published, and signs only the statements of its own rotation; for good, when that was abandoned. `active`: signs. `retiring`: another one signs, this one could still. `retired`: its private
 * half is gone or on its way. What a key signed verifies in each of them, for ever.
 */
export const SignerKeyState = z.enum(['pending', 'active', 'retiring', 'retired']);
export type SignerKeyState = z.infer<typeof SignerKeyState>;

/** A key that signs, or once signed, what this home answers for: a row that is never deleted. */
export const SignerKey = z.object({
  keyId: z.string(),
  pem: z.string(),
  /** Where its private half is, as shared/port/keys/signing-keys.ts understands it. */
  handle: z.string(),
  state: SignerKeyState,
  /** Milliseconds; for the first key of a home, when its row was made. */
  createdAt: z.number(),
  /** From when on it signed, and until when; null while it has not begun or not ended. */
  signsFrom: z.number().nullable(),
  signsUntil: z.number().nullable(),
  /** From when on its private half is beyond recovery. */
  goneAt: z.number().nullable(),
  /** The key that vouched for this one; null for the first. */
  predecessor: z.string().nullable(),
  rotationId: idSchema('rot').nullable(),
});
export type SignerKey = z.infer<typeof SignerKey>;

/** All in one partition: a home has as many keys as it has rotations. */
export const signerKeysPk = 'SYS#SIGNER-KEYS';

export function signerKeyKey(keyId: string): Key {
  return { pk: signerKeysPk, sk: keyId };
}
