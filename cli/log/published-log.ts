/** A transparency log as anybody sees it: checkpoints and tiles over HTTP. Nothing that comes from there is believed before it is proven. */
import { hasCode, McError } from '../../shared/core/errors.ts';
import type { ErrorCode } from '../../shared/core/error-catalog/error-catalog.ts';
import { openCheckpoint, type Checkpoint } from '../../shared/log/checkpoint.ts';
import { readEntryBundle, writeEntryBundle } from '../../shared/log/entry-bundle.ts';
import type { HashSource } from '../../shared/log/hash-source.ts';
import type { LogIdentity } from '../../shared/log/log-identity.ts';
import { tilePath, tileWidth, type Tile } from '../../shared/log/tile-path.ts';
import { ApiProblem } from '../client/api-problem.ts';
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

/** A tile of the tree of this size as the home answers it; throws `mc:log:inconsistent` for one of another length. */
async function fetchTile(
  client: LogClient,
  size: number,
  { level, index }: Omit<Tile, 'width'>,
): Promise<{ bytes: Uint8Array; width: number }> {
  const items = Math.floor(size / tileWidth ** (level === 'entries' ? 0 : level));
  const width = Math.min(tileWidth, items - index * tileWidth);
  const path = tilePath({ level, index, width });
  const bytes = await fetchBytes(client, path);
  if (level !== 'entries' && bytes.byteLength !== width * hashBytes)
    throw new McError('mc:log:inconsistent', `${path} of the log has ${bytes.byteLength} bytes, and should have ${width * hashBytes}.`);
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
  const entries = readEntryBundle(bytes, width);
  const length = writeEntryBundle(entries).byteLength;
  if (bytes.byteLength !== length)
    throw new McError(
      'mc:log:inconsistent',
      `Bundle ${index} of the log has ${bytes.byteLength} bytes, its ${width} entries take ${length}.`,
    );
  return entries;
}

/** The bytes of a full tile as the home answers them. */
export async function fetchFullTile(client: LogClient, tile: Tile): Promise<Uint8Array> {
  return fetchBytes(client, tilePath(tile));
}

/** A tile that a checkpoint covers is there, or the log does not hold what it signed. */
async function fetchBytes(client: LogClient, path: string): Promise<Uint8Array> {
  return client.getLogTile(path.slice('tile/'.length)).catch((cause: unknown) => {
    if (!isNotFound(cause)) throw cause;
    throw new McError('mc:log:inconsistent', `The log signed that it has ${path}, and does not give it.`, { cause });
  });
}

/** Whether the home answered that its log has no such part. */
export function isNotFound(error: unknown): boolean {
  const code: ErrorCode = 'mc:log:not-found';
  return hasCode(error, code) || (error instanceof ApiProblem && error.code === code);
}
