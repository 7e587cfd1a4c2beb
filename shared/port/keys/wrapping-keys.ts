import type { KeyVersion, KeyVersions } from './key-versions.ts';

/** The versions of the key that wraps data keys (shared/port/keys/wrapping-key.ts); `keyId` is what `wrappedBy` says. */
export interface WrappingKeys extends KeyVersions {
  /** Wraps and unwraps a random key with this version, in use or not, as it is stored now. Throws `mc:key:unreadable` when that fails. */
  prove(version: KeyVersion): Promise<void>;
}
