import { verify } from 'node:crypto';
import type { SignatureClaim } from '../port/check-signature.ts';

/** Checks a signature in this thread. */
export function checkSignature({ message, signature, key }: SignatureClaim): boolean {
  return verify('sha256', message, { key, dsaEncoding: 'der' }, signature);
}
