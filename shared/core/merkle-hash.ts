/** The hashes of RFC 6962 §2.1: a leaf can never be taken for a node, because each begins with a byte of its own. */
import { sha256 } from './sha256.ts';

const leafPrefix = Buffer.of(0);
const nodePrefix = Buffer.of(1);

/** The hash of one entry; text is taken as UTF-8. */
export function leafHash(entry: Uint8Array | string): Buffer {
  return typeof entry === 'string' ? sha256(`\0${entry}`) : sha256(leafPrefix, entry);
}

/** The hash of an inner node over its two children. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return sha256(Buffer.concat([nodePrefix, left, right]));
}

/** The largest power of two below a number above 1: where RFC 6962 splits so many leaves. */
export function splitOf(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}

/** The root over the hashes of subtrees, in their order; only the last of them may be of a smaller tree. */
export function treeHash(hashes: readonly Buffer[]): Buffer {
  const [first] = hashes;
  if (first === undefined) return sha256();
  if (hashes.length === 1) return first;
  const split = splitOf(hashes.length);
  return nodeHash(treeHash(hashes.slice(0, split)), treeHash(hashes.slice(split)));
}
