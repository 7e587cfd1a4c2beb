/** A Bloom filter of keys: tells for certain that a key was not added. */

/** Two to this power bits: 1 MB. */
const bitsPower = 23;
/** So few that of keys that were not added one in a few hundred seems to have been. */
const maxKeys = 2 ** bitsPower / 16;
const probes = 4;

export class KeyFilter {
  readonly #words = new Uint32Array(2 ** (bitsPower - 5));
  #keys = 0;

  /** Whether it should be cleared. */
  get isFull(): boolean {
    return this.#keys >= maxKeys;
  }

  add(key: string): void {
    let bit = hash(key);
    const step = stepOf(bit);
    for (let probe = 0; probe < probes; probe += 1) {
      const word = bit >>> (37 - bitsPower);
      this.#words[word] = (this.#words[word] ?? 0) | (1 << (bit & 31));
      bit = (bit + step) >>> 0;
    }
    this.#keys += 1;
  }

  /** False when the key was certainly not added. */
  mayHave(key: string): boolean {
    let bit = hash(key);
    const step = stepOf(bit);
    for (let probe = 0; probe < probes; probe += 1) {
      if (((this.#words[bit >>> (37 - bitsPower)] ?? 0) & (1 << (bit & 31))) === 0) return false;
      bit = (bit + step) >>> 0;
    }
    return true;
  }

  clear(): void {
    this.#words.fill(0);
    this.#keys = 0;
  }
}

/** FNV-1a of the characters, and a last mix because neighbours differ in their last characters only. */
function hash(key: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < key.length; at += 1) value = Math.imul(value ^ key.charCodeAt(at), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/** Odd, so that the probes differ. */
const stepOf = (value: number): number => (Math.imul(value, 0x9e3779b1) | 1) >>> 0;
