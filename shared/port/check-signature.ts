import type { KeyObject } from 'node:crypto';

/** An ECDSA P-256 signature over the SHA-256 of a message, DER encoded, and the public key that it should be of. */
export interface SignatureClaim {
  message: Uint8Array;
  signature: Uint8Array;
  key: KeyObject;
}

/** Whether the signature holds. */
export type CheckSignature = (claim: SignatureClaim) => boolean | Promise<boolean>;
