import { McError } from '../../shared/core/errors.ts';
import type { LogIdentity } from '../../shared/log/log-identity.ts';
import { tilePath, tileWidth } from '../../shared/log/tile-path.ts';
import { appendEntries, emptyEdge, rootOf, type TreeEdge } from '../../shared/log/tree-edge.ts';
import { fetchCheckpoint, fetchEntries, fetchFullTile, isNotFound, type LogClient, type SignedCheckpoint } from './published-log.ts';

export interface LogAudit {
  checkpoint: SignedCheckpoint;
  /** Tiles that were compared with what the entries give. */
  tiles: number;
}

interface AuditOptions {
  logs: readonly LogIdentity[];
  /** A checkpoint of before, which the log must still agree with. */
  earlier?: SignedCheckpoint | undefined;
  /** Told how many entries were read. */
  onProgress?: (read: number, size: number) => void;
}

/** Bundles that are fetched at the same time; a home answers one in milliseconds, and the way there is what takes long. */
const bundlesAtOnce = 8;

/**
 * Reads the whole log and hashes it anew. Throws `mc:log:inconsistent` unless every tile and the root of the newest checkpoint follow from the entries, and the
 * earlier checkpoint is a checkpoint of the same entries.
 */
export async function auditLog(client: LogClient, { logs, earlier, onProgress }: AuditOptions): Promise<LogAudit> {
  const checkpoint = await fetchCheckpoint(client, logs).catch((error: unknown) => {
    // A home without a log is a home whose log is gone, for somebody who has a checkpoint of it.
    if (earlier && earlier.size > 0 && isNotFound(error)) throw invalid(`The log had ${earlier.size} entries, and has none now.`, error);
    throw error;
  });
  const { size } = checkpoint;
  if (earlier && earlier.origin !== checkpoint.origin)
    throw invalid(`The checkpoint of before is of ${earlier.origin}, this log is ${checkpoint.origin}.`);
  if (earlier && earlier.size > size) throw invalid(`The log had ${earlier.size} entries, and has ${size} now.`);
  let edge = emptyEdge;
  let tiles = 0;
  if (earlier?.size === 0) mustAgree(earlier, edge);
  for (let first = 0; first * tileWidth < size; first += bundlesAtOnce) {
    const bundles = Array.from({ length: Math.min(bundlesAtOnce, Math.ceil(size / tileWidth) - first) }, (_, at) => first + at);
    for (const entries of await Promise.all(bundles.map((index) => fetchEntries(client, size, index)))) {
      mustAgreeWithin(earlier, edge, entries);
      const grown = appendEntries(edge, entries);
      for (const { tile, bytes } of grown.full) {
        if (!bytes.equals(await fetchFullTile(client, tile))) throw invalid(`${tilePath(tile)} is not what the entries of the log give.`);
        tiles += 1;
      }
      ({ edge } = grown);
      onProgress?.(edge.size, size);
    }
  }
  mustAgree(checkpoint, edge);
  return { checkpoint, tiles };
}

/** The earlier checkpoint may have ended in the middle of these entries. */
function mustAgreeWithin(earlier: SignedCheckpoint | undefined, edge: TreeEdge, entries: readonly string[]): void {
  if (!earlier || earlier.size <= edge.size || earlier.size > edge.size + entries.length) return;
  mustAgree(earlier, appendEntries(edge, entries.slice(0, earlier.size - edge.size)).edge);
}

function mustAgree({ size, root }: SignedCheckpoint, edge: TreeEdge): void {
  if (!root.equals(rootOf(edge)))
    throw invalid(`The checkpoint of ${size} entries has another root than the entries give: the log was changed.`);
}

function invalid(message: string, cause?: unknown): McError {
  return new McError('mc:log:inconsistent', message, { cause });
}
