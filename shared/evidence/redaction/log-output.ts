/** What was made of a log so far. Lines that stay are copied as bytes, and only from the first line on that does not: of most logs nothing is copied at all. */
export class LogOutput {
  readonly #source: Buffer;
  #bytes: Buffer<ArrayBuffer> | undefined;
  #length = 0;

  constructor(source: Buffer) {
    this.#source = source;
  }

  /** Takes this part of the log as it is; parts come in order, and what lies between them was replaced. */
  keep(start: number, end: number): void {
    if (this.#bytes) this.#length += this.#source.copy(this.#reserve(this.#bytes, end - start), this.#length, start, end);
    else this.#length = end;
  }

  /** Puts a text in the place of what comes next. */
  put(text: string): void {
    const bytes = this.#reserve(this.#bytes ?? this.#begin(), 3 * text.length);
    this.#length += bytes.write(text, this.#length);
  }

  /** What was written, as the only bytes of their buffer; undefined when that is the log itself. */
  take(): Uint8Array<ArrayBuffer> | undefined {
    return this.#bytes && new Uint8Array(this.#bytes.buffer.transfer(this.#length));
  }

  /** Until here all of the log was kept. */
  #begin(): Buffer<ArrayBuffer> {
    const { length } = this.#source;
    // Commitments are longer than most of what they stand for.
    const bytes = Buffer.from(new ArrayBuffer(length + Math.ceil(length / 8) + 1_024));
    this.#source.copy(bytes, 0, 0, this.#length);
    return (this.#bytes = bytes);
  }

  #reserve(bytes: Buffer<ArrayBuffer>, more: number): Buffer<ArrayBuffer> {
    if (this.#length + more <= bytes.length) return bytes;
    return (this.#bytes = Buffer.from(bytes.buffer.transfer(2 * (this.#length + more))));
  }
}
