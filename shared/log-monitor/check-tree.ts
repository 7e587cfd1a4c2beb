import { openCheckpoint } from '../log/checkpoint.ts';
import type { LogIdentity } from '../log/log-identity.ts';
import type { StoredTree } from '../log/stored-tree.ts';
import { tilePath, tileWidth } from '../log/tile-path.ts';
import { appendEntries, rootOf, type TreeEdge } from '../log/tree-edge.ts';
import type { Pausing } from './pausing.ts';

/** What was read of the log since the last look, and what does not fit. */
export interface TreeLook {
  /** The edge at the last checkpoint, from the entries alone. */
  edge: TreeEdge;
  /** Entries since the last look, from the first one on. */
  entries: readonly string[];
  differences: string[];
}

interface SignedTree {
  size: number;
  note: string;
}

/** Hashes every entry from a verified edge up to the last of these checkpoints again, and compares tiles, roots and signatures with what that gives. */
export async function checkTree(
  tree: StoredTree,
  from: TreeEdge,
  { checkpoints, log, pause }: { checkpoints: readonly SignedTree[]; log: LogIdentity } & Pausing,
): Promise<TreeLook> {
  const entries: string[] = [];
  const differences: string[] = [];
  let edge = from;
  for (const { size, note } of checkpoints) {
    while (edge.size < size) {
      const found = await readEntries(tree, edge.size, size);
      if (found.length === 0)
        return { edge, entries, differences: [...differences, `the log has ${edge.size} entries, its checkpoint ${size}`] };
      const grown = appendEntries(edge, found);
      for (const { tile, bytes } of grown.full) {
        const stored = await tree.full(tile.level, tile.index);
        if (stored === undefined || !bytes.equals(stored)) differences.push(`${tilePath(tile)} is not what its entries give`);
      }
      ({ edge } = grown);
      entries.push(...found);
      await pause();
    }
    const checkpoint = openCheckpoint(note, log);
    if (!checkpoint) differences.push(`the checkpoint of ${size} entries is not signed by the log`);
    else if (checkpoint.size !== size || !checkpoint.root.equals(rootOf(edge)))
      differences.push(`the checkpoint of ${size} entries has another root than they give`);
  }
  return { edge, entries, differences };
}

/** Entries from one on, as far as they stand in one bundle. */
async function readEntries(tree: StoredTree, from: number, to: number): Promise<readonly string[]> {
  const bundle = Math.floor(from / tileWidth);
  const first = bundle * tileWidth;
  return (await tree.entries(bundle)).slice(from - first, to - first);
}
