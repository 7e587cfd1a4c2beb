import { refusePack } from './refuse-pack.ts';

/** Reads a stream of chunks by lengths. */
export class ByteSource {
  readonly #chunks: AsyncIterator<Buffer>;
  #current: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Gives this many bytes out as they come; throws when there are fewer. */
  async *take(length: number, what: string): AsyncGenerator<Buffer> {
    for (let missing = length; missing > 0;) {
      if (!(await this.#fill())) throw refusePack(`it ends in the middle of ${what}`);
      const piece = this.#current.subarray(0, missing);
      this.#current = this.#current.subarray(piece.length);
      missing -= piece.length;
      yield piece;
    }
  }

  /** This many bytes at once; only for what is small. */
  async read(length: number, what: string): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of this.take(length, what)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** Whether nothing is left. */
  async isAtEnd(): Promise<boolean> {
    return !(await this.#fill());
  }

  async #fill(): Promise<boolean> {
    while (this.#current.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return false;
      this.#current = next.value;
    }
    return true;
  }
}
