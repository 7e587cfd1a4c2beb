/** A transparency log as anybody sees it: checkpoints and tiles over HTTP. Nothing that comes from there is believed before it is proven. */
import { McError } from '../../shared/core/errors.ts';
import { openCheckpoint, type Checkpoint } from '../../shared/log/checkpoint.ts';
import { readEntryBundle } from '../../shared/log/entry-bundle.ts';
import type { HashSource } from '../../shared/log/hash-source.ts';
import type { LogIdentity } from '../../shared/log/log-identity.ts';
import { tilePath, tileWidth, type Tile } from '../../shared/log/tile-path.ts';
import type { MaestroClient } from '../client/maestro-client.ts';

/** What is read of a log. */
export type LogClient = Pick<MaestroClient, 'getLogCheckpoint' | 'getLogTile'>;

export interface SignedCheckpoint extends Checkpoint {
  note: string;
  log: LogIdentity;
}

const hashBytes = 32;

/** The newest checkpoint; throws `mc:receipt:invalid` unless one of these logs signed it. */
export async function fetchCheckpoint(client: LogClient, logs: readonly LogIdentity[]): Promise<SignedCheckpoint> {
  return trustCheckpoint(await client.getLogCheckpoint(), logs);
}

/** A checkpoint that somebody kept; throws `mc:receipt:invalid` unless one of these logs signed it. */
export function trustCheckpoint(note: string, logs: readonly LogIdentity[]): SignedCheckpoint {
  for (const log of logs) {
    const checkpoint = openCheckpoint(note, log);
    if (checkpoint) return { ...checkpoint, note, log };
  }
  throw new McError('mc:receipt:invalid', 'The checkpoint is not signed by a log that you trust.');
}

/** A tile of the tree of this size as the home answers it; throws `mc:receipt:invalid` for one of another length. */
async function fetchTile(
  client: LogClient,
  size: number,
  { level, index }: Omit<Tile, 'width'>,
): Promise<{ bytes: Uint8Array; width: number }> {
  const items = Math.floor(size / tileWidth ** (level === 'entries' ? 0 : level));
  const width = Math.min(tileWidth, items - index * tileWidth);
  const path = tilePath({ level, index, width });
  const bytes = await client.getLogTile(path.slice('tile/'.length));
  if (level !== 'entries' && bytes.byteLength !== width * hashBytes)
    throw new McError('mc:receipt:invalid', `${path} of the log has ${bytes.byteLength} bytes, and should have ${width * hashBytes}.`);
  return { bytes, width };
}

/** The hashes of the tree of this size, each tile fetched once. */
export function publishedHashes(client: LogClient, size: number): HashSource {
  const tiles = new Map<string, Promise<readonly Buffer[]>>();
  const load = async (level: number, index: number): Promise<readonly Buffer[]> => {
    const { bytes, width } = await fetchTile(client, size, { level, index });
    return Array.from({ length: width }, (_, at) => Buffer.from(bytes.subarray(at * hashBytes, (at + 1) * hashBytes)));
  };
  return {
    hashes: (level, index) => {
      const key = `${level}/${index}`;
      const tile = tiles.get(key) ?? load(level, index);
      tiles.set(key, tile);
      return tile;
    },
  };
}

/** The entries of one bundle of the log of this size. */
export async function fetchEntries(client: LogClient, size: number, index: number): Promise<string[]> {
  const { bytes, width } = await fetchTile(client, size, { level: 'entries', index });
  return readEntryBundle(bytes, width);
}

/** The bytes of a full tile as the home answers them. */
export async function fetchFullTile(client: LogClient, tile: Tile): Promise<Uint8Array> {
  return client.getLogTile(tilePath(tile).slice('tile/'.length));
}
