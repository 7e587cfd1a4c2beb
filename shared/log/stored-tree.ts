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

/** Opens the tree as it is now; what is read from it later is of at least this size. Throws `mc:log:damaged` where a part of it is gone. */
export async function openStoredTree({ table, blobs }: Pick<Deps, 'table' | 'blobs'>): Promise<StoredTree> {
  const edge = store.edgeOf(await table.get(store.edgeKey));
  const read = new Map<string, Promise<Uint8Array>>();
  const load = async (path: string): Promise<Uint8Array> => {
    const item = await table.get(store.tileKey(path));
    const bytes = item && (await blobs.find(store.logTenant, 'receipt', store.TileRecord.parse(item).digest));
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
