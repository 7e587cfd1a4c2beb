/** A log in memory: the edge and the full tiles, as the store would hold them. */
import type { HashSource } from '../../../shared/log/hash-source.ts';
import { tilePath, tileWidth } from '../../../shared/log/tile-path.ts';
import { appendEntries, emptyEdge, rootOf, type TreeEdge } from '../../../shared/log/tree-edge.ts';

export interface MemoryLog extends HashSource {
  append(entries: readonly string[]): void;
  edge(): TreeEdge;
  root(): Buffer;
  /** Full tiles by their paths. */
  tiles: Map<string, Buffer>;
}

export function memoryLog(): MemoryLog {
  let edge = emptyEdge;
  const tiles = new Map<string, Buffer>();
  return {
    tiles,
    edge: () => edge,
    root: () => rootOf(edge),
    append(entries) {
      const grown = appendEntries(edge, entries);
      edge = grown.edge;
      for (const { tile, bytes } of grown.full) {
        const path = tilePath(tile);
        if (tiles.has(path)) throw new Error(`${path} became full twice`);
        tiles.set(path, bytes);
      }
    },
    async hashes(level, index) {
      const bytes = tiles.get(tilePath({ level, index, width: tileWidth }));
      if (bytes) return Array.from({ length: tileWidth }, (_, at) => bytes.subarray(32 * at, 32 * (at + 1)));
      return edge.levels[level] ?? [];
    },
  };
}
