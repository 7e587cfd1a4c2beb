/**
 * What one transaction of the table changes, kept in memory until all its writes were judged. Starts and ends of runs change the same counters, so of the
 * many changes of an item only the last is stored.
 */
import type { Item, Key } from '../../port/table.ts';
import type { RowChange } from './row-store.ts';

/** What is known of the row as the transaction found it: it, that there is none, or one of two guesses. */
export type Before =
  | { kind: 'row'; item: Item }
  | { kind: 'none' }
  /** Nobody looked, because what is there does not matter. */
  | { kind: 'unread' }
  /** Nobody looked, because there should be none; storing it finds out. */
  | { kind: 'assumed-none' };

export interface StagedChange {
  key: Key;
  before: Before;
  /** Undefined when the item is deleted. */
  after: { item: Item; body: string } | undefined;
}

export const cacheKey = ({ pk, sk }: Key): string => `${pk}\0${sk}`;

export class StagedChanges {
  readonly #changes = new Map<string, StagedChange>();

  /** What the transaction made of this item so far; undefined when it did not touch it. */
  find(id: string): StagedChange | undefined {
    return this.#changes.get(id);
  }

  /** What is known of the row stays what the first change of it knew. */
  stage(id: string, change: StagedChange): void {
    const earlier = this.#changes.get(id);
    if (earlier) earlier.after = change.after;
    else this.#changes.set(id, change);
  }

  entries(): IterableIterator<[string, StagedChange]> {
    return this.#changes.entries();
  }

  /** What has to be stored. */
  *rows(): Generator<RowChange> {
    for (const change of this.#changes.values()) yield* rowsOf(change);
  }
}

function rowsOf({ key: { pk, sk }, before, after }: StagedChange): RowChange[] {
  if (after === undefined) {
    // Put and deleted by writes of one transaction: the first of them was told that nothing was there.
    if (before.kind === 'assumed-none') return [{ kind: 'absent', pk, sk }];
    return before.kind === 'none' ? [] : [{ kind: 'delete', pk, sk }];
  }
  const { item, body } = after;
  if (before.kind === 'row' && haveSameKeys(before.item, item)) return [{ kind: 'replace', pk, sk, body }];
  const { gsi1pk = null, gsi1sk = null, gsi2pk = null, gsi2sk = null, ttl = null } = item;
  const isNew = before.kind === 'none' || before.kind === 'assumed-none';
  return [{ kind: isNew ? 'insert' : 'put', pk, sk, gsi1pk, gsi1sk, gsi2pk, gsi2sk, ttl, body }];
}

const keyFields = ['gsi1pk', 'gsi1sk', 'gsi2pk', 'gsi2sk', 'ttl'] as const;
const haveSameKeys = (left: Item, right: Item): boolean => keyFields.every((field) => left[field] === right[field]);
