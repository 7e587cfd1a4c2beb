import type { PackedBundle } from '../../receipt/stored/packed-bundle.ts';

/** The public half of a signing key, as it is published and put beside signatures. */
export interface PublicKey {
  /** `SHA256:<unpadded base64>` over the OpenSSH wire form of the key: the only non-empty key id cosign accepts. */
  keyId: string;
  /** SubjectPublicKeyInfo in PEM. */
  pem: string;
}

/** A signature, and the key that made it: whoever asked for the key beside the signature could be told of another one while keys are rotated. */
export interface Signature {
  /** ECDSA over SHA-256 of the message, DER encoded. */
  bytes: Uint8Array;
  key: PublicKey;
}

/** A signed statement that verified, as it is filed. */
export interface SignedStatement extends PackedBundle {
  /** Its entry of the transparency log, canonical JSON. */
  entry: string;
  /** The name of that entry: its leaf hash in hex. */
  leaf: string;
  /** The key that it verified with. */
  pem: string;
}

/** Signs with an ECDSA P-256 key that never leaves its home (a file of mode 0600, or KMS). Which key that is may change at any time (shared/rotation). */
export interface Signer {
  /** The key that signs now. */
  publicKey(): Promise<PublicKey>;
  sign(message: Uint8Array): Promise<Signature>;
  /**
   * Signs the canonical JSON of a statement, and checks the signature with the trusted key of the same id, beside the thread that asks. Throws `mc:receipt:invalid` for a
   * signature that does not hold, and what `trusted` throws; undefined when this cannot be done beside it now: then `sign` can.
   */
  signBeside?(payload: string, trusted: (keyId: string) => Promise<PublicKey>): Promise<SignedStatement | undefined>;
}
