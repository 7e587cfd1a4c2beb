import { McError } from '../core/errors.ts';
import type { Deps } from '../port/deps.ts';
import { writeEntryBundle } from './entry-bundle.ts';
import { findFullTile, openStoredTree } from './stored-tree.ts';
import { parseTilePath, tileWidth } from './tile-path.ts';

/**
 * The bytes of a tile or bundle of entries by its path in tlog-tiles. A partial tile is the beginning of the full one, so any width that the log has reached is
 * answered for ever. Throws `mc:log:not-found` for what is no path of a tile, or not there yet.
 */
export async function readTile(deps: Pick<Deps, 'table' | 'blobs'>, path: string): Promise<{ bytes: Uint8Array; isFull: boolean }> {
  const tile = parseTilePath(path);
  if (!tile) throw new McError('mc:log:not-found', 'That is not the path of a tile; see https://c2sp.org/tlog-tiles.');
  const { level, index, width } = tile;
  const isFull = width === tileWidth;
  // Anybody may ask, and the edge is the largest item of the log: a tile that is full is found without it.
  const stored = isFull ? await findFullTile(deps, path) : undefined;
  if (stored) return { bytes: stored, isFull };
  const tree = await openStoredTree(deps);
  if (isFull) {
    const bytes = await tree.full(level, index);
    if (bytes) return { bytes, isFull };
  } else if (level === 'entries') {
    const entries = await tree.entries(index);
    if (entries.length >= width) return { bytes: writeEntryBundle(entries.slice(0, width)), isFull };
  } else {
    const hashes = await tree.hashes(level, index);
    if (hashes.length >= width) return { bytes: Buffer.concat(hashes.slice(0, width)), isFull };
  }
  throw new McError('mc:log:not-found', `The log has ${tree.size} entries, and not yet ${path}.`);
}
