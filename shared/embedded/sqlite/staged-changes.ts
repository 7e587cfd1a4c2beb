/**
 * What one transaction of the table changes, kept in memory until all its writes were judged. Starts and ends of runs change the same counters, so of the
 * many changes of an item only the last is stored.
 */
import type { Item, Key } from '../../port/table.ts';

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
}
