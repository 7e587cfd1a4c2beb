import { openCheckpoint } from '../log/checkpoint.ts';
import type { LogIdentity } from '../log/log-identity.ts';
import type { StoredTree } from '../log/stored-tree.ts';
import { tilePath, tileWidth } from '../log/tile-path.ts';
import { appendEntries, rootOf, type TreeEdge } from '../log/tree-edge.ts';

/** What was read of the log since the last look, and what does not fit. */
export interface TreeLook {
  /** The edge at the checkpoint, from the entries alone. */
  edge: TreeEdge;
  /** Entries since the last look, from the first one on. */
  entries: readonly string[];
  differences: string[];
}

/** Hashes every entry from the last verified edge up to this checkpoint again, and compares the tiles, the root and the signature with what that gives. */
export async function checkTree(
  tree: StoredTree,
  from: TreeEdge,
  { size, note, log }: { size: number; note: string; log: LogIdentity },
): Promise<TreeLook> {
  const entries = await readEntries(tree, from.size, size);
  const differences: string[] = [];
  if (entries.length !== size - from.size) differences.push(`the log has ${from.size + entries.length} entries, its checkpoint ${size}`);
  const { edge, full } = appendEntries(from, entries);
  for (const { tile, bytes } of full) {
    const stored = await tree.full(tile.level, tile.index);
    if (stored === undefined || !bytes.equals(stored)) differences.push(`${tilePath(tile)} is not what its entries give`);
  }
  const checkpoint = openCheckpoint(note, log);
  if (!checkpoint) differences.push(`the checkpoint of ${size} entries is not signed by the log`);
  else if (checkpoint.size !== size || !checkpoint.root.equals(rootOf(edge)))
    differences.push(`the checkpoint of ${size} entries has another root than they give`);
  return { edge, entries, differences };
}

async function readEntries(tree: StoredTree, from: number, to: number): Promise<string[]> {
  const entries: string[] = [];
  for (let bundle = Math.floor(from / tileWidth); bundle * tileWidth < to; bundle += 1) {
    const first = bundle * tileWidth;
    entries.push(...(await tree.entries(bundle)).slice(Math.max(0, from - first), to - first));
  }
  return entries;
}
