import { createHash } from 'node:crypto';
import type { Digest } from './digest.ts';

const sha256 = (...parts: Uint8Array[]): Buffer => {
  const hasher = createHash('sha256');
  for (const part of parts) hasher.update(part);
  return hasher.digest();
};

/** RFC 6962 §2.1 leaf hash: SHA-256 over 0x00 and the entry. */
function leafHash(entry: string): Buffer {
  return sha256(Buffer.of(0), Buffer.from(entry));
}

function root(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256();
  const [first] = leaves;
  if (leaves.length === 1 && first) return first;
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return sha256(Buffer.of(1), root(leaves.slice(0, split)), root(leaves.slice(split)));
}

/** The RFC 6962 Merkle tree hash of the entries (UTF-8), in their order. */
export function merkleRoot(entries: readonly string[]): Digest {
  return `sha256:${root(entries.map(leafHash)).toString('hex')}`;
}
