/**
 * What one commit of the table changes, kept in memory until all its writes were judged. Starts and ends of runs change the same counters, so of the
 * many changes of an item only the last is stored.
 */
import type { Item, Key } from '../../port/table.ts';
import { encodeChange, type ChangeKind } from './stored-change.ts';
import { entriesOf } from './journal-entries.ts';

/** What an entry of the journal makes of an item. */
export interface ItemChange {
  /** As of `itemId`. */
  id: string;
  key: Key;
  /** Undefined when it is deleted. */
  item: Item | undefined;
  /** JSON of it, empty when it is deleted. */
  body: string;
  /** Whether it was there before. */
  isKnown: boolean;
}

/** What is known of the row as the commit found it: it, that there is none, or nothing, because what is there does not matter. */
export type Before = Item | 'none' | 'unread';

export interface StagedChange extends ItemChange {
  before: Before;
}

export class StagedChanges {
  readonly #changes = new Map<string, StagedChange>();

  /** What the commit made of this item so far; undefined when it did not touch it. */
  find(id: string): StagedChange | undefined {
    return this.#changes.get(id);
  }

  /** What is known of the row stays what the first change of it knew. */
  stage(change: StagedChange): void {
    const earlier = this.#changes.get(change.id);
    if (earlier === undefined) this.#changes.set(change.id, change);
    else {
      earlier.item = change.item;
      earlier.body = change.body;
    }
  }

  changes(): Iterable<ItemChange> {
    return this.#changes.values();
  }

  /** As the journal keeps them, in entries that follow each other; none when nothing changes. */
  encode(): string[] {
    const lines: string[] = [];
    for (const { key, before, item, body } of this.#changes.values()) {
      if (item !== undefined) lines.push(encodeChange(kindOf(before, item), key, { item, body }));
      else if (before !== 'none') lines.push(encodeChange('delete', key, undefined));
    }
    return entriesOf(lines);
  }
}

function kindOf(before: Before, item: Item): ChangeKind {
  if (before === 'none') return 'insert';
  return before !== 'unread' && haveSameKeys(before, item) ? 'body' : 'put';
}

const keyFields = ['gsi1pk', 'gsi1sk', 'gsi2pk', 'gsi2sk', 'ttl'] as const;
const haveSameKeys = (left: Item, right: Item): boolean => keyFields.every((field) => left[field] === right[field]);
