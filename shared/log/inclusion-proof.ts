/** Proofs that an entry stands in a tree at its place (RFC 9162 §2.1.3). */
import { nodeHash, splitOf } from '../core/merkle-hash.ts';
import { subtreeHash, type HashSource } from './hash-source.ts';

/** Which entry of which tree. */
export interface Place {
  index: number;
  size: number;
}

/** The hashes that lead from the entry at `index` to the root of the tree of `size` entries, from the leaf upwards. */
export async function buildInclusionProof(source: HashSource, { index, size }: Place): Promise<Buffer[]> {
  const siblings: Promise<Buffer>[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const split = from + splitOf(to - from);
    if (index < split) {
      siblings.push(subtreeHash(source, split, to));
      to = split;
    } else {
      siblings.push(subtreeHash(source, from, split));
      from = split;
    }
  }
  return (await Promise.all(siblings)).reverse();
}

/** The root that the proof leads to, or undefined when the proof is not one for this place. */
export function rootFromInclusion(leaf: Uint8Array, { index, size }: Place, proof: readonly Uint8Array[]): Uint8Array | undefined {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return undefined;
  let [node, last] = [index, size - 1];
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return undefined;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 ? hash : undefined;
}
