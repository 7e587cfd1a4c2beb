/**
 * What waits for the log lies under hashes of ECDSA signatures, which are random: read in that order, from those partitions, one seed would be several worlds.
 * Here an entry has a place that follows from the statement it is of, and a query answers by place. Keys, items and everything else stay as they are.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { pendingPk, pendingShards } from '../../../shared/log/log-store.ts';
import type { Item, Page, Query } from '../../../shared/port/table.ts';
import type { MemoryStore } from './memory-store.ts';

/** The digest of the signed bytes, which are the same in every world of a seed. */
const Entry = z.object({ spec: z.object({ hashedRekordV002: z.object({ data: z.object({ digest: z.string() }) }) }) });

const shardOf = new Map<string, string>(pendingShards.map((shard) => [pendingPk(shard), shard]));
/** More than ever wait in a world. */
const allOfShard = 1_000;

/** What an item is sorted by among those of its query. */
export function sortKeyOf(item: Item): string {
  if (!shardOf.has(item.pk)) return item.sk;
  const { spec } = Entry.parse(JSON.parse(item['entry'] as string)); // The engine wrote it as a text.
  return createHash('sha256').update(spec.hashedRekordV002.data.digest).digest('hex');
}

/** The answer of the store; of what waits for the log the shard and order by place. It has one page, which is all that the sequencer asks for. */
export function queryByPlace(store: MemoryStore, query: Query): Page {
  const shard = shardOf.get(query.pk);
  if (shard === undefined) return store.query(query);
  const waiting = [...shardOf.keys()].flatMap((pk) => store.query({ pk, limit: allOfShard }).items);
  const placed = waiting.map((item) => ({ item, place: sortKeyOf(item) })).filter(({ place }) => place.startsWith(shard));
  placed.sort((left, right) => (left.place < right.place ? -1 : 1));
  return { items: placed.slice(0, query.limit).map(({ item }) => item) };
}
