import { McError } from '../core/errors.ts';
import type { Deps } from '../port/deps.ts';
import { readEntryBundle } from './entry-bundle.ts';
import type { HashSource } from './hash-source.ts';
import * as store from './log-store.ts';
import { tilePath, tileWidth, type Tile } from './tile-path.ts';

/** The log as it lies in the table and the blob store. */
export interface StoredTree extends HashSource {
  /** Entries that have an index. The newest checkpoint may cover fewer for a moment. */
  size: number;
  /** Entries of a bundle, as far as there are any. */
  entries(index: number): Promise<readonly string[]>;
  /** The bytes of a full tile or bundle; undefined when it is not full yet. */
  full(level: Tile['level'], index: number): Promise<Uint8Array | undefined>;
}

/** The bytes of the full tile at this path, if the log has it. */
export async function findFullTile(
  { table, blobs }: Pick<Deps, 'table' | 'blobs'>,
  path: string,
  place: store.LogPlace = store.currentLog,
): Promise<Uint8Array | undefined> {
  const item = await table.get(place.tile(path));
  return item && blobs.find(store.logTenant, 'receipt', store.TileRecord.parse(item).digest);
}

/** Opens the tree as it is now; what is read from it later is of at least this size. Throws `mc:log:damaged` where a part of it is gone. */
export async function openStoredTree(
  { table, blobs }: Pick<Deps, 'table' | 'blobs'>,
  place: store.LogPlace = store.currentLog,
): Promise<StoredTree> {
  const edge = store.edgeOf(await table.get(place.edge));
  const read = new Map<string, Promise<Uint8Array>>();
  const load = async (path: string): Promise<Uint8Array> => {
    const bytes = await findFullTile({ table, blobs }, path, place);
    if (!bytes) throw new McError('mc:log:damaged', `${path} of the log is gone`);
    return bytes;
  };
  const full: StoredTree['full'] = async (level, index) => {
    const leaves = tileWidth ** (level === 'entries' ? 1 : level + 1);
    if ((index + 1) * leaves > edge.size) return undefined;
    const path = tilePath({ level, index, width: tileWidth });
    const bytes = read.get(path) ?? load(path);
    read.set(path, bytes);
    return bytes;
  };
  return {
    size: edge.size,
    full,
    async hashes(level, index) {
      const bytes = await full(level, index);
      if (bytes) return store.splitHashes(bytes);
      return index === Math.floor(edge.size / tileWidth ** (level + 1)) ? (edge.levels[level] ?? []) : [];
    },
    async entries(index) {
      const bytes = await full('entries', index);
      if (bytes) return readEntryBundle(bytes, tileWidth);
      return index === Math.floor(edge.size / tileWidth) ? edge.entries : [];
    },
  };
}
