import { generateKeyPairSync } from 'node:crypto';
import { SoftwareAuthorityKey } from '../../../shared/embedded/keys/software-authority-key.ts';
import type { AuthorityKeys } from '../../../shared/port/keys/authority-keys.ts';

/** Fresh keys for the authorities of a home. */
export function newAuthorityKeys(): AuthorityKeys {
  const key = (): SoftwareAuthorityKey =>
    new SoftwareAuthorityKey(async () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
  return { certificates: key(), timestamps: key(), promises: key() };
}
