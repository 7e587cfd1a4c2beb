/**
 * What one commit of the table changes, kept in memory until all its writes were judged. Starts and ends of runs change the same counters, so of the
 * many changes of an item only the last is stored.
 */
import type { Item, Key } from '../../port/table.ts';
import { encodeChange, type ChangeKind } from './stored-change.ts';
import { entriesOf } from './journal-entries.ts';

/** What is known of the row as the commit found it: it, that there is none, or nothing, because what is there does not matter. */
export type Before = { kind: 'row'; item: Item } | { kind: 'none' } | { kind: 'unread' };

export interface StagedChange {
  key: Key;
  before: Before;
  /** Undefined when the item is deleted. */
  after: { item: Item; body: string } | undefined;
}

/** What an entry of the journal makes of an item. */
export interface ItemChange {
  /** As of `cacheKey`. */
  id: string;
  key: Key;
  /** Undefined when it was deleted. */
  item: Item | undefined;
  /** JSON characters of it. */
  chars: number;
  /** Whether it was there before. */
  isKnown: boolean;
}

export const cacheKey = ({ pk, sk }: Key): string => `${pk}\0${sk}`;

export class StagedChanges {
  readonly #changes = new Map<string, StagedChange>();

  /** What the commit made of this item so far; undefined when it did not touch it. */
  find(id: string): StagedChange | undefined {
    return this.#changes.get(id);
  }

  /** What is known of the row stays what the first change of it knew. */
  stage(id: string, change: StagedChange): void {
    const earlier = this.#changes.get(id);
    if (earlier) earlier.after = change.after;
    else this.#changes.set(id, change);
  }

  *changes(): Iterable<ItemChange> {
    for (const [id, { key, before, after }] of this.#changes)
      yield { id, key, item: after?.item, chars: after?.body.length ?? 0, isKnown: before.kind === 'row' };
  }

  /** As the journal keeps them, in entries that follow each other; none when nothing changes. */
  encode(): string[] {
    const lines: string[] = [];
    for (const { key, before, after } of this.#changes.values()) {
      if (after !== undefined || before.kind !== 'none') lines.push(encodeChange(kindOf(before, after), key, after));
    }
    return entriesOf(lines);
  }
}

function kindOf(before: Before, after: StagedChange['after']): ChangeKind {
  if (after === undefined) return 'delete';
  if (before.kind === 'none') return 'insert';
  return before.kind === 'row' && haveSameKeys(before.item, after.item) ? 'body' : 'put';
}

const keyFields = ['gsi1pk', 'gsi1sk', 'gsi2pk', 'gsi2sk', 'ttl'] as const;
const haveSameKeys = (left: Item, right: Item): boolean => keyFields.every((field) => left[field] === right[field]);
