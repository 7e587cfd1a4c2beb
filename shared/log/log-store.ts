/**
 * Where the log lies in the table: its head and edge, what waits to be integrated, where each entry went, one checkpoint a batch, and the digests under
 * which full tiles lie in the blob store. No tenant data is in any of it: an entry is a digest, a signature and a public key.
 */
import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';
import type { Item, Key } from '../port/table.ts';
import { emptyEdge, type TreeEdge } from './tree-edge.ts';

/** The reserved tenant under which the tiles of the log are blobs. */
export const logTenant = TenantId.parse('mc-log');

const logPk = 'SYS#LOG';
export const headKey: Key = { pk: logPk, sk: 'HEAD' };
export const edgeKey: Key = { pk: logPk, sk: 'EDGE' };
export const batchKey: Key = { pk: logPk, sk: 'BATCH' };
/** What the monitor has verified. */
export const monitorKey: Key = { pk: logPk, sk: 'MONITOR' };
/** How far the monitor has come that goes round the whole log again and again. */
export const patrolKey: Key = { pk: logPk, sk: 'PATROL' };
/** What the monitor remembers from look to look beside that. */
export const watchKey: Key = { pk: logPk, sk: 'WATCH' };

/** What waits is spread over partitions, because one partition of DynamoDB takes 1,000 writes a second. */
export const pendingShards = [...'0123456789abcdef'] as const;

/** The hash of a leaf in hex: what an entry is called in the table. */
export const LeafName = z.string().regex(/^[0-9a-f]{64}$/);

export const pendingPk = (shard: string): string => `SYS#LOG#PENDING#${shard}`;
export const pendingKey = (leaf: string): Key => ({ pk: pendingPk(leaf.charAt(0)), sk: leaf });
export const leafKey = (leaf: string): Key => ({ pk: `SYS#LOG#LEAF#${leaf.charAt(0)}`, sk: leaf });
/** Sixteen digits: so many has the largest number that can be counted with. */
export const checkpointKey = (size: number): Key => ({ pk: 'SYS#LOG#CHECKPOINT', sk: String(size).padStart(16, '0') });
export const tileKey = (path: string): Key => ({ pk: 'SYS#LOG#TILE', sk: path });

/** Logs that ended, by their origin. */
export const retiredKey = (origin: string): Key => ({ pk: 'SYS#LOG#RETIRED', sk: origin });

/** Where a log lies that can be read: the one that is appended to, or one of before a restore. */
export interface LogPlace {
  edge: Key;
  checkpoint(size: number): Key;
  tile(path: string): Key;
}

/** The log that is appended to. */
export const currentLog: LogPlace = { edge: edgeKey, checkpoint: checkpointKey, tile: tileKey };

/** A log that nothing is appended to any more, by its origin. */
export function retiredLog(origin: string): LogPlace {
  const moved = (key: Key): Key => ({ pk: key.pk.replace(logPk, `SYS#LOG#OLD#${origin}`), sk: key.sk });
  return { edge: moved(edgeKey), checkpoint: (size) => moved(checkpointKey(size)), tile: (path) => moved(tileKey(path)) };
}

/** Where the statement of an entry is filed. */
const Filed = z.object({ pk: z.string(), sk: z.string() });

/** Whose statement is filed in this partition; undefined for a partition of no tenant. */
export function tenantOf(pk: string): TenantId | undefined {
  return TenantId.safeParse(/^T#([^#]+)#/.exec(pk)?.[1]).data;
}

export const PendingEntry = z.object({ sk: LeafName, entry: z.string(), of: Filed });
export type PendingEntry = z.infer<typeof PendingEntry>;

/** An integrated entry: its index, and the size of the first tree with a checkpoint that covers it. */
export const LeafRecord = z.object({ index: z.int().nonnegative(), size: z.int().positive(), of: Filed });
export type LeafRecord = z.infer<typeof LeafRecord>;

export const CheckpointRecord = z.object({ note: z.string() });
export const TileRecord = z.object({ digest: Digest });

export const LogHead = z.object({
  /** When the first entry was appended. */
  startedAt: z.int(),
  /** Grows with every batch. */
  version: z.int().positive(),
  size: z.int().nonnegative(),
  root: z.base64(),
  /** Whether the last batch has its checkpoint and all its entries know their index; until then nothing is appended. */
  isFiled: z.boolean(),
  /** The newest checkpoint. */
  published: z.object({ size: z.int().nonnegative(), note: z.string() }).nullable(),
});
export type LogHead = z.infer<typeof LogHead>;

export const Batch = z.object({ version: z.int().positive(), leaves: z.array(LeafName) });
export type Batch = z.infer<typeof Batch>;

const hashBytes = 32;
const StoredEdge = z.object({ size: z.int().nonnegative(), entries: z.array(z.string()), levels: z.array(z.base64()) });

/** The hashes that stand one after the other in these bytes. */
export function splitHashes(bytes: Uint8Array): Buffer[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(buffer.byteLength / hashBytes) }, (_, at) =>
    buffer.subarray(at * hashBytes, (at + 1) * hashBytes),
  );
}

/** The edge as an item under this key. */
export function edgeItem(key: Key, { size, entries, levels }: TreeEdge): Item {
  return { ...key, size, entries, levels: levels.map((level) => Buffer.concat(level).toString('base64')) };
}

/** The edge of an item; of none, that of an empty tree. */
export function edgeOf(item: Item | undefined): TreeEdge {
  if (!item) return emptyEdge;
  const { size, entries, levels } = StoredEdge.parse(item);
  return { size, entries, levels: levels.map((level) => splitHashes(Buffer.from(level, 'base64'))) };
}

/** The head of the log, or undefined before its first entry. */
export async function readHead({ table }: Pick<Deps, 'table'>): Promise<LogHead | undefined> {
  const item = await table.get(headKey);
  return item && LogHead.parse(item);
}

/** Where the statement of an entry is filed, and the index of the entry once it is integrated and filed itself. */
export interface EntryPlace {
  of: Key;
  index?: number;
}

/** Of the entry of this name; undefined when it neither waits to be integrated nor was. It is in one of the two places at any time, and looked for in the order in which it moves. */
export async function findEntryPlace({ table }: Pick<Deps, 'table'>, leaf: string): Promise<EntryPlace | undefined> {
  const waiting = await table.get(pendingKey(leaf));
  if (!waiting) return LeafRecord.safeParse(await table.get(leafKey(leaf))).data;
  const { data } = PendingEntry.safeParse(waiting);
  return data && { of: data.of };
}
