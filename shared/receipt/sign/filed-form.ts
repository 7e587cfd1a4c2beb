import { leafHash } from '../../core/merkle-hash.ts';
import { signedEntry } from '../../log/log-entry.ts';
import type { SignedStatement } from '../../port/keys/signer.ts';
import type { Bundle } from '../bundle.ts';
import type { BundleClaim } from '../signature-claim.ts';
import { packBundle } from '../stored/packed-bundle.ts';

/** What is filed of a bundle whose claim of this key was found to hold. */
export function filedForm(bundle: Bundle, { message, payload }: BundleClaim, pem: string): SignedStatement {
  const entry = signedEntry(message, bundle.dsseEnvelope.signatures[0]?.sig ?? '', pem);
  return { ...packBundle(bundle, payload), entry, leaf: leafHash(entry).toString('hex'), pem };
}
