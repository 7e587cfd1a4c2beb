/** Names of fields as bytes, with what was once said about each. A log has few of them and a million times. */

import { codes } from './characters.ts';

/** Who makes up more names has its records looked at the long way. */
const maxNames = 512;

const longest = 128;

const slots = 2_048;

export class KnownNames {
  readonly #isHarmless: (name: string) => boolean;
  /** By the hash of a name: its number and one more, or 0. */
  readonly #numbers = new Uint16Array(slots);
  readonly #names: Uint8Array[] = [];
  readonly #verdicts: boolean[] = [];

  /** `isHarmless` says of a name that it may be shown and its value too. */
  constructor(isHarmless: (name: string) => boolean) {
    this.#isHarmless = isHarmless;
  }

  /** The number of the name that ends at the next backslash, the same for equal ones; -1 when it is none that is known to be harmless. */
  numberOf(bytes: Buffer, from: number): number {
    let hash = 0;
    let to = from;
    for (; bytes[to] !== codes.backslash; to++) {
      if (to - from === longest || to >= bytes.length) return -1;
      hash = (Math.imul(hash, 31) + (bytes[to] ?? 0)) | 0;
    }
    for (let slot = hash & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
      const number = (this.#numbers[slot] ?? 0) - 1;
      if (number === -1) return this.#learn(bytes.subarray(from, to), slot);
      if (this.#isName(number, bytes, from, to)) return this.#verdicts[number] === true ? number : -1;
    }
  }

  /** How many bytes a name has. */
  lengthOf(number: number): number {
    return this.#names[number]?.length ?? 0;
  }

  #isName(number: number, bytes: Buffer, from: number, to: number): boolean {
    const name = this.#names[number];
    if (name?.length !== to - from) return false;
    for (let at = 0; at < name.length; at++) if (name[at] !== bytes[from + at]) return false;
    return true;
  }

  #learn(bytes: Buffer, slot: number): number {
    const number = this.#names.length;
    if (number >= maxNames) return -1;
    const name = bytes.toString('latin1');
    // A name of digits only stands before all others when a record is written; anything that is spelt with an escape is not judged here.
    const verdict = /^[\x20-\x7e]*$/.test(name) && !/^\d+$|["\\]/.test(name) && this.#isHarmless(name);
    this.#names.push(Uint8Array.from(bytes));
    this.#verdicts.push(verdict);
    this.#numbers[slot] = number + 1;
    return verdict ? number : -1;
  }
}
