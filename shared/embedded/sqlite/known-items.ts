/** What is known of the table's items without a look at its file: what the file lacks yet, what was used a moment ago, and much of what is not there. */
import type { Item, Key } from '../../port/table.ts';
import { CachedItems, type KnownItem } from './cached-items.ts';
import { KnownAbsent } from './known-absent.ts';
import type { ItemChange } from './staged-changes.ts';

/**
 * JSON characters of the items kept in memory, some twice as many bytes: what a burst of 10,000 runs needs of each run until it is sealed. With a quarter of this
 * such a home reads its open runs from the file again and again.
 */
const recentChars = 64 * 1024 * 1024;
/** Items larger than this are not kept in memory when they were read. */
const recentItemChars = 16 * 1024;
/** Counted for an item that is not there. */
const nothingChars = 100;
/** Of a key under which nothing was ever written. */
const never: KnownItem = { item: undefined, seq: 0 };

export class KnownItems {
  readonly #isOwn: (key: Key) => boolean;
  /** The items that only this process writes; a run touches its few a dozen times within a second. */
  readonly #own = new CachedItems(recentChars);
  readonly #others = new CachedItems(0);
  readonly #absent = new KnownAbsent();
  /** The entries that the table's file lacks, oldest first. */
  readonly #unapplied: { seq: number; chars: number }[] = [];
  #unappliedChars = 0;

  /** `isOwn` names the items that only this process writes and that are read again soon; only those are known once they are in the file. */
  constructor(isOwn: (key: Key) => boolean) {
    this.#isOwn = isOwn;
  }

  /** JSON characters of what the file lacks, counting each change. */
  get unappliedChars(): number {
    return this.#unappliedChars;
  }

  /** The item as the last entry left it; undefined when only the file tells. Of items that others write too, every entry has to be known. */
  find(key: Key, id: string): KnownItem | undefined {
    return this.newer(key, id) ?? (this.#absent.has(id) ? never : undefined);
  }

  /** As `find`, for an item that the file had a moment ago. */
  newer(key: Key, id: string): KnownItem | undefined {
    const isOwn = this.#isOwn(key);
    return (isOwn ? this.#own : this.#others).find(id, isOwn);
  }

  /** What the file has, or that it has none, was just read. */
  read(key: Key, id: string, found: { item: Item; chars: number } | undefined): void {
    if (this.#isOwn(key) && (found === undefined || found.chars <= recentItemChars))
      this.#own.keep(id, found?.item, found?.chars ?? nothingChars);
  }

  /** The file has nothing from this key up to `next`, its next one, or the end; every entry is known. */
  readNothing(from: Key, next: Key | undefined): void {
    this.#absent.learn(from, next);
  }

  /** What an entry of the journal changes. */
  changed(seq: number, changes: Iterable<ItemChange>): void {
    let sum = 0;
    for (const { id, key, item, body, isKnown } of changes) {
      (this.#isOwn(key) ? this.#own : this.#others).change(seq, id, item, body.length);
      if (!isKnown) this.#absent.written(id);
      sum += body.length;
    }
    this.#unapplied.push({ seq, chars: sum });
    this.#unappliedChars += sum;
    if (this.#absent.isFull) this.#forgetAbsent();
  }

  /** The file holds every entry up to this number. */
  applied(upTo: number): void {
    const rest = this.#unapplied.findIndex(({ seq }) => seq > upTo);
    for (const { chars } of this.#unapplied.splice(0, rest < 0 ? Infinity : rest)) this.#unappliedChars -= chars;
    this.#own.applied(upTo);
    this.#others.applied(upTo);
  }

  /** Gives back the memory of items that the file has. */
  release(): void {
    this.#own.release();
    this.#others.release();
  }

  /** The file holds every entry up to this number, but of some of them nobody knows any more what they changed. */
  missed(upTo: number): void {
    this.applied(upTo);
    this.#forgetAbsent();
  }

  #forgetAbsent(): void {
    this.#absent.clear();
    for (const cached of [this.#own, this.#others]) for (const id of cached.unapplied()) this.#absent.written(id);
  }
}
