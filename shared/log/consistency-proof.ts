/** Proofs that a tree only grew (RFC 9162 §2.1.4): everything that was in the old one is in the new one, at the same place. */
import { nodeHash, splitOf } from '../core/merkle-hash.ts';
import { subtreeHash, type HashSource } from './hash-source.ts';

export interface Head {
  size: number;
  root: Uint8Array;
}

/** The hashes from which both roots follow; empty for an empty old tree and for two of the same size. */
export async function buildConsistencyProof(source: HashSource, oldSize: number, newSize: number): Promise<Buffer[]> {
  if (oldSize === 0 || oldSize === newSize) return [];
  const parts: Promise<Buffer>[] = [];
  let [from, to] = [0, newSize];
  let isWholeOldTree = true;
  while (to !== oldSize) {
    const split = from + splitOf(to - from);
    if (oldSize <= split) {
      parts.push(subtreeHash(source, split, to));
      to = split;
    } else {
      parts.push(subtreeHash(source, from, split));
      from = split;
      isWholeOldTree = false;
    }
  }
  if (!isWholeOldTree) parts.push(subtreeHash(source, from, to));
  return (await Promise.all(parts)).reverse();
}

/** Tells whether the proof shows that the new tree is the old one with entries behind it. */
export function isConsistent(older: Head, newer: Head, proof: readonly Uint8Array[]): boolean {
  if (older.size > newer.size) return false;
  if (older.size === newer.size) return proof.length === 0 && isSame(older.root, newer.root);
  // Everything begins with nothing.
  if (older.size === 0) return proof.length === 0;
  const roots = rootsFrom(older, newer.size, proof);
  return roots !== undefined && isSame(roots.older, older.root) && isSame(roots.newer, newer.root);
}

/** What the old and the new root are by this proof; undefined when it is too long or too short for these sizes. */
function rootsFrom(
  { size, root }: Head,
  newSize: number,
  proof: readonly Uint8Array[],
): { older: Uint8Array; newer: Uint8Array } | undefined {
  let [node, last] = [size - 1, newSize - 1];
  while (node % 2 === 1) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  // An old tree that is a power of two is a part of the new one, and its root needs no proof.
  const [first, ...rest] = Number.isInteger(Math.log2(size)) ? [root, ...proof] : proof;
  if (first === undefined) return undefined;
  let [older, newer] = [first, first];
  for (const hash of rest) {
    if (last === 0) return undefined;
    if (node % 2 === 1 || node === last) {
      [older, newer] = [nodeHash(hash, older), nodeHash(hash, newer)];
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else {
      newer = nodeHash(newer, hash);
    }
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 ? { older, newer } : undefined;
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}
