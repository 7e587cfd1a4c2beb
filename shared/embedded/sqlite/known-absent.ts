/**
 * Knows of many keys that the table has no such item, without a look at its file. Runs, audit events and ledger rows are named in the order of time, so new keys lie one after the
 * other where the file has nothing: one look there tells how far nothing comes, and what was written there since is in a filter.
 */
import type { Key } from '../../port/table.ts';
import { KeyFilter } from './key-filter.ts';
import { itemId } from '../../port/table-rules.ts';

/** Ranges of keys, by `itemId`: from `from` up to and without `to`, or to the end. */
interface EmptyRange {
  from: string;
  to: string | undefined;
}

/** Runs, audit and ledger of some tenants. Each is looked at for every key that is not known otherwise. */
const maxRanges = 8;
/** Of such keys JavaScript's order is that of SQLite. The zero byte is between the two parts of a key. */
const plain = /^[\0 -~]*$/;

export class KnownAbsent {
  /** Where the table's file had nothing when it was looked at, those that were of use last first. */
  #ranges: EmptyRange[] = [];
  /** What may have come into such a range since, in the file or not yet. */
  readonly #written = new KeyFilter();

  /** Whether there certainly is no such item. */
  has(id: string): boolean {
    const at = this.#ranges.findIndex(({ from, to }) => from <= id && (to === undefined || id < to));
    const range = this.#ranges[at];
    if (range === undefined || !plain.test(id) || this.#written.mayHave(id)) return false;
    if (at > 0) {
      this.#ranges.splice(at, 1);
      this.#ranges.unshift(range);
    }
    return true;
  }

  /** The file has nothing from this key up to `next`, its next one, or the end. Everything that it lacks yet must have been `written`. */
  learn(key: Key, next: Key | undefined): void {
    const from = itemId(key);
    const to = next && itemId(next);
    if (!plain.test(from) || (to !== undefined && !plain.test(to))) return;
    const same = this.#ranges.find((range) => range.to === to);
    if (same && same.from <= from) return; // The key is in what was written there since.
    this.#ranges = [{ from, to }, ...this.#ranges.filter((range) => range !== same)].slice(0, maxRanges);
  }

  /** An item that may be new was written. */
  written(id: string): void {
    this.#written.add(id);
  }

  /** Whether so much was written that it should begin anew. */
  get isFull(): boolean {
    return this.#written.isFull;
  }

  clear(): void {
    this.#ranges = [];
    this.#written.clear();
  }
}
