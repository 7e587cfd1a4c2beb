/** What the journal holds and the table does not yet: the newest state of each item, as every reader must see it. */
import type { Item } from '../../port/table.ts';

interface Unapplied {
  seq: number;
  /** Undefined for an item that is no more. */
  item: Item | undefined;
  chars: number;
}

export class UnappliedItems {
  /** In the order of their numbers: an item that changes again goes to the end. */
  readonly #items = new Map<string, Unapplied>();
  #chars = 0;

  /** JSON characters of what waits, counting each change. */
  get chars(): number {
    return this.#chars;
  }

  get isEmpty(): boolean {
    return this.#items.size === 0;
  }

  find(id: string): { item: Item | undefined } | undefined {
    return this.#items.get(id);
  }

  add(seq: number, id: string, { item, chars }: { item: Item | undefined; chars: number }): void {
    const earlier = this.#items.get(id);
    if (earlier) this.#items.delete(id);
    this.#items.set(id, { seq, item, chars: chars + (earlier?.chars ?? 0) });
    this.#chars += chars;
  }

  /** Forgets the changes up to this number, and hands each to `applied`. */
  drop(upTo: number, applied: (id: string, item: Item | undefined, chars: number) => void): void {
    for (const [id, { seq, item, chars }] of this.#items) {
      if (seq > upTo) return;
      this.#items.delete(id);
      this.#chars -= chars;
      applied(id, item, chars);
    }
  }
}
