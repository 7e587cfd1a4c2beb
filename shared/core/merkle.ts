import type { Digest } from './digest.ts';
import { leafHash, treeHash } from './merkle-hash.ts';

/** The RFC 6962 Merkle tree hash of the entries (UTF-8), in their order. */
export function merkleRoot(entries: readonly string[]): Digest {
  return `sha256:${treeHash(entries.map(leafHash)).toString('hex')}`;
}
