import { nodeHash, splitOf, treeHash } from '../core/merkle-hash.ts';
import { tileWidth } from './tile-path.ts';

/** Where the hashes of a tree come from: at least those that the tile has in the tree that is asked about. */
export interface HashSource {
  hashes(level: number, index: number): Promise<readonly Buffer[]>;
}

/** Levels of hashes that one level of tiles stands for: 2^8 hashes are one hash of the level above. */
const tileHeight = 8;

/** The hash of the 2^height leaves that begin at a multiple of their number. */
async function completeHash(source: HashSource, height: number, index: number): Promise<Buffer> {
  const level = Math.floor(height / tileHeight);
  const width = 2 ** (height % tileHeight);
  const first = index * width;
  const tile = await source.hashes(level, Math.floor(first / tileWidth));
  const wanted = tile.slice(first % tileWidth, (first % tileWidth) + width);
  if (wanted.length !== width) throw new Error(`the tree has no ${width} hashes at ${first} of level ${level}`);
  return treeHash(wanted);
}

/** RFC 6962 MTH of the leaves from `from` up to `to`, which is not among them. */
export async function subtreeHash(source: HashSource, from: number, to: number): Promise<Buffer> {
  const count = to - from;
  const height = Math.log2(count);
  if (Number.isInteger(height) && from % count === 0) return completeHash(source, height, from / count);
  const split = from + splitOf(count);
  const [left, right] = await Promise.all([subtreeHash(source, from, split), subtreeHash(source, split, to)]);
  return nodeHash(left, right);
}
