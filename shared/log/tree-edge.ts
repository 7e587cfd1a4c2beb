/** The right edge of a log: all that is needed to append to it, and that no full tile holds yet. */
import { leafHash, treeHash } from '../core/merkle-hash.ts';
import { writeEntryBundle } from './entry-bundle.ts';
import { tileWidth, type Tile } from './tile-path.ts';

export interface TreeEdge {
  size: number;
  /** Entries behind the last full bundle. */
  entries: readonly string[];
  /** By level of tiles, the hashes behind the last full tile. */
  levels: readonly (readonly Buffer[])[];
}

/** A tile or bundle that is full, and will never change again. */
export interface FullTile {
  tile: Tile;
  bytes: Buffer;
}

export const emptyEdge: TreeEdge = { size: 0, entries: [], levels: [[]] };

/** The root of the tree that ends at this edge. */
export function rootOf({ levels }: TreeEdge): Buffer {
  const [lowest = [], ...above] = levels;
  let root = lowest.length === 0 ? undefined : treeHash(lowest);
  for (const level of above) root = level.length === 0 ? root : treeHash(root === undefined ? level : [...level, root]);
  return root ?? treeHash([]);
}

/** The edge with these entries behind it, and what became full on the way. Pure: the same edge and entries give the same bytes. */
export function appendEntries(edge: TreeEdge, added: readonly string[]): { edge: TreeEdge; full: FullTile[] } {
  const full: FullTile[] = [];
  const levels = edge.levels.map((level) => [...level]);
  const entries = [...edge.entries];
  let { size } = edge;
  for (const entry of added) {
    entries.push(entry);
    size += 1;
    addHash(levels, { level: 0, hash: leafHash(entry), covered: size }, full);
    if (entries.length < tileWidth) continue;
    full.push({ tile: { level: 'entries', index: size / tileWidth - 1, width: tileWidth }, bytes: writeEntryBundle(entries) });
    entries.length = 0;
  }
  return { edge: { size, entries, levels }, full };
}

/** Puts a hash at the end of its level, and the root of the tile that it fills at the end of the next. */
function addHash(levels: Buffer[][], { level, hash, covered }: { level: number; hash: Buffer; covered: number }, full: FullTile[]): void {
  const hashes = (levels[level] ??= []);
  hashes.push(hash);
  if (hashes.length < tileWidth) return;
  const index = covered / tileWidth ** (level + 1) - 1;
  full.push({ tile: { level, index, width: tileWidth }, bytes: Buffer.concat(hashes) });
  const root = treeHash(hashes);
  levels[level] = [];
  addHash(levels, { level: level + 1, hash: root, covered }, full);
}
