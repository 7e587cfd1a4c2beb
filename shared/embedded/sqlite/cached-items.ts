/**
 * Items in memory: what the journal holds and the table's file does not yet, which every reader must see, and of the file's items those that were used last. They are kept
 * in two generations, of which the older is let go as a whole, so that nothing is done for an item when the file has caught up with it or when it has to go.
 */
import type { Item } from '../../port/table.ts';

/** An item as it is known from memory. */
export interface KnownItem {
  /** Undefined for what is not there. */
  item: Item | undefined;
  /** The number of the entry that made it so, 0 for what was read from the table's file. */
  seq: number;
}

interface CachedItem extends KnownItem {
  /** JSON characters of it. */
  chars: number;
}

export class CachedItems {
  /** JSON characters of a generation. */
  readonly #generationChars: number;
  #young = new Map<string, CachedItem>();
  #youngChars = 0;
  #old = new Map<string, CachedItem>();
  /** The newest number that is in the older generation alone, and the newest of all. */
  #oldSeq = 0;
  #lastSeq = 0;
  #applied = 0;

  /** At most `maxChars` JSON characters of items that the file has are kept; with 0 an item goes soon after the file has it. */
  constructor(maxChars: number) {
    this.#generationChars = maxChars / 2;
  }

  /** What is known of an item. Unless `isRecentEnough`, what the file had a moment ago does not count: another process may have changed it. */
  find(id: string, isRecentEnough: boolean): KnownItem | undefined {
    let known = this.#young.get(id);
    if (known === undefined) {
      known = this.#old.get(id);
      if (known === undefined) return undefined;
      this.#young.set(id, known);
      this.#grow(known.chars);
    }
    return isRecentEnough || known.seq > this.#applied ? known : undefined;
  }

  /** Takes in what an entry of the journal made of an item; that is known until the file has it, at least. */
  change(seq: number, id: string, item: Item | undefined, chars: number): void {
    const earlier = this.#young.get(id)?.chars ?? 0;
    this.#young.set(id, { item, seq, chars });
    this.#lastSeq = seq;
    this.#grow(chars - earlier);
  }

  /** Keeps what was read from the file, unless memory is full of what has to stay. */
  keep(id: string, item: Item | undefined, chars: number): void {
    if (this.#youngChars > this.#generationChars) return;
    this.#young.set(id, { item, seq: 0, chars });
    this.#grow(chars);
  }

  /** The file holds every entry up to this number. */
  applied(upTo: number): void {
    this.#applied = upTo;
    this.#grow(0);
  }

  /** Lets go of everything, unless the file lacks some of it. */
  release(): void {
    if (this.#lastSeq > this.#applied) return;
    this.#young = new Map();
    this.#youngChars = 0;
    this.#old = new Map();
  }

  /** Of the items that are there, those that the file lacks. */
  *unapplied(): Iterable<string> {
    for (const generation of [this.#old, this.#young])
      for (const [id, { item, seq }] of generation) if (item !== undefined && seq > this.#applied) yield id;
  }

  #grow(chars: number): void {
    this.#youngChars += chars;
    if (this.#youngChars <= this.#generationChars || this.#oldSeq > this.#applied) return;
    this.#old = this.#young;
    this.#oldSeq = this.#lastSeq;
    this.#young = new Map();
    this.#youngChars = 0;
  }
}
