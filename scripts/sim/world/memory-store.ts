/**
 * What the table keeps, in memory, with DynamoDB's meaning of conditions and limits: every operation happens at one moment. Indexes are partitions of their own,
 * so that a world may let them lag.
 */
import { z } from 'zod';
import type { IndexName, Item, Key, Page, Query, WriteOp, WriteResult } from '../../../shared/port/table.ts';
import { CursorSk, decodePosition, encodePosition } from '../../../shared/port/table-cursor.ts';
import { checkItemBytes, checkQuery, checkWrite, holds, keyOf, updated } from '../../../shared/port/table-rules.ts';

/** Where a page ended: the sort key, and what is unique in the partition. */
const Position = z.tuple([CursorSk, z.string()]);

/** One item before and after a write. */
export interface Change {
  key: Key;
  before: Item | undefined;
  after: Item | undefined;
}

/** What a write did, for whoever watches. */
export type Applied = { result: { ok: true }; changes: readonly Change[] } | { result: Exclude<WriteResult, { ok: true }>; changes: [] };

interface Entry {
  /** The sort key, in the index or the table. */
  sort: string;
  item: Item;
}

/** The entries of one partition, by what is unique in it. */
class Partition {
  readonly #entries = new Map<string, Entry>();
  #sorted: [string, Entry][] | undefined;

  get(id: string): Item | undefined {
    return this.#entries.get(id)?.item;
  }

  set(id: string, entry: Entry): void {
    if (this.#entries.get(id)?.sort !== entry.sort) this.#sorted = undefined;
    else
      this.#sorted?.splice(
        this.#sorted.findIndex(([known]) => known === id),
        1,
        [id, entry],
      );
    this.#entries.set(id, entry);
  }

  delete(id: string): void {
    if (this.#entries.delete(id)) this.#sorted = undefined;
  }

  sorted(): readonly [string, Entry][] {
    this.#sorted ??= [...this.#entries].sort(([a, left], [b, right]) => compareUtf8(left.sort, right.sort) || compareUtf8(a, b));
    return this.#sorted;
  }
}

const indexNames = ['gsi1', 'gsi2'] as const;
type Keys = Readonly<Record<IndexName, { pk: 'gsi1pk' | 'gsi2pk'; sk: 'gsi1sk' | 'gsi2sk' }>>;
const indexKeys: Keys = { gsi1: { pk: 'gsi1pk', sk: 'gsi1sk' }, gsi2: { pk: 'gsi2pk', sk: 'gsi2sk' } };

export class MemoryStore {
  readonly #items = new Map<string, Partition>();
  readonly #indexes: Readonly<Record<IndexName, Map<string, Partition>>> = { gsi1: new Map(), gsi2: new Map() };
  readonly #delayIndex: (update: () => void) => void;

  /** `delayIndex` runs the update of the indexes now or, in order for each item, later. */
  constructor(delayIndex: (update: () => void) => void = (update) => update()) {
    this.#delayIndex = delayIndex;
  }

  get({ pk, sk }: Key): Item | undefined {
    return this.#items.get(pk)?.get(sk);
  }

  query(query: Query): Page {
    checkQuery(query);
    const partitions = query.index ? this.#indexes[query.index] : this.#items;
    const all = partitions.get(query.pk)?.sorted() ?? [];
    let found = all.filter(([, { sort }]) => isWanted(query, sort));
    if (query.reverse) found = found.toReversed();
    if (query.cursor !== undefined) found = found.filter(isBehind(decodePosition(Position, query.cursor), query.reverse === true));
    const page: Page = { items: found.slice(0, query.limit).map(([, { item }]) => item) };
    const last = found[query.limit - 1];
    if (found.length > query.limit && last) page.cursor = encodePosition([last[1].sort, last[0]]);
    return page;
  }

  /** Judges every condition against the state before, then writes all or nothing. */
  write(ops: readonly WriteOp[]): Applied {
    checkWrite(ops);
    const failed: number[] = [];
    const changes: Change[] = [];
    for (const [index, op] of ops.entries()) {
      const key = keyOf(op);
      const before = this.get(key);
      if (!(op.conditions ?? []).every((condition) => holds(condition, before))) failed.push(index);
      else if (op.kind !== 'check') changes.push({ key, before, after: resultOf(op, before) });
    }
    if (failed.length > 0) return { result: { ok: false, failed }, changes: [] };
    for (const change of changes) this.#apply(change);
    return { result: { ok: true }, changes };
  }

  /** Takes items over from another store, which has judged them. */
  fill(items: readonly Item[]): void {
    for (const item of items) this.#apply({ key: item, before: undefined, after: item });
  }

  /** Every item, in no order. */
  *all(): Generator<Item> {
    for (const partition of this.#items.values()) for (const [, { item }] of partition.sorted()) yield item;
  }

  #apply({ key, before, after }: Change): void {
    const partition = this.#items.get(key.pk) ?? new Partition();
    this.#items.set(key.pk, partition);
    if (after) partition.set(key.sk, { sort: key.sk, item: after });
    else partition.delete(key.sk);
    const names = indexNames.filter((name) => before?.[indexKeys[name].pk] !== undefined || after?.[indexKeys[name].pk] !== undefined);
    if (names.length > 0) this.#delayIndex(() => names.forEach((name) => this.#index(name, before, after)));
  }

  #index(name: IndexName, before: Item | undefined, after: Item | undefined): void {
    const { pk, sk } = indexKeys[name];
    const id = (item: Item): string => `${item.pk}\0${item.sk}`;
    const index = this.#indexes[name];
    if (before?.[pk] !== undefined && (after?.[pk] !== before[pk] || after[sk] !== before[sk])) index.get(before[pk])?.delete(id(before));
    const [ipk, isk] = [after?.[pk], after?.[sk]];
    if (after === undefined || ipk === undefined || isk === undefined) return;
    const partition = index.get(ipk) ?? new Partition();
    index.set(ipk, partition);
    partition.set(id(after), { sort: isk, item: after });
  }
}

function resultOf(op: Exclude<WriteOp, { kind: 'check' }>, before: Item | undefined): Item | undefined {
  if (op.kind === 'delete') return undefined;
  const after = op.kind === 'put' ? op.item : updated(op.key, before, op);
  checkItemBytes(after, JSON.stringify(after).length);
  return after;
}

function isWanted({ prefix, from, to }: Query, sort: string): boolean {
  if (prefix !== undefined) return sort.startsWith(prefix);
  return (from === undefined || compareUtf8(sort, from) >= 0) && (to === undefined || compareUtf8(sort, to) <= 0);
}

function isBehind([sort, id]: readonly [string, string], isReverse: boolean): (entry: readonly [string, Entry]) => boolean {
  return ([otherId, other]) => {
    const order = compareUtf8(other.sort, sort) || compareUtf8(otherId, id);
    return isReverse ? order < 0 : order > 0;
  };
}

/** The order of UTF-8 bytes: that of UTF-16 units, but for surrogates, which stand for code points behind all others. */
function compareUtf8(left: string, right: string): number {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at += 1) {
    const [a, b] = [left.charCodeAt(at), right.charCodeAt(at)];
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

const rank = (unit: number): number => (unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit);
