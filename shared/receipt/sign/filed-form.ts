import { leafHash } from '../../core/merkle-hash.ts';
import { logEntry } from '../../log/log-entry.ts';
import type { SignedStatement } from '../../port/keys/signer.ts';
import type { Bundle } from '../bundle.ts';
import { packBundle } from '../stored/packed-bundle.ts';

/** What is filed of a bundle that verified with this key. */
export function filedForm(bundle: Bundle, pem: string): SignedStatement {
  const entry = logEntry(bundle.dsseEnvelope, pem);
  return { ...packBundle(bundle), entry, leaf: leafHash(entry).toString('hex'), pem };
}
