import { verify } from 'node:crypto';
import type { SignatureClaim } from '../port/check-signature.ts';

/** Checks a signature in this thread. */
export function checkSignature({ message, signature, key }: SignatureClaim): boolean {
  // DER is what is taken without a word on it, and finding out that an object with a word is no key itself costs as much as the rest of the call.
  return verify('sha256', message, key, signature);
}
