import type { KeyVersion, KeyVersions } from './key-versions.ts';

/** A version of the key that signs; `keyId` and `pem` are those of shared/port/keys/signer.ts. */
export type SigningKeyVersion = KeyVersion & { pem: string };

/** The versions of the key that `Signer.sign` uses. */
export interface SigningKeys extends KeyVersions<SigningKeyVersion> {
  /** Signs with this version, in use or not, as it is stored now. Throws `mc:key:unreadable` when it is gone. */
  signWith(handle: string, message: Uint8Array): Promise<Uint8Array>;
}
