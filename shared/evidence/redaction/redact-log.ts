/**
 * Logs as they may leave: every record with its time, stream, task and attempt, and of its text what the rules leave. Lines that were split because they were
 * long are looked at together, and a private key is withheld from its first line to its last.
 */
import type { Commitments } from './commitment.ts';
import type { RedactionRules } from './data-class.ts';
import type { Withheld } from './find-withheld.ts';
import { replaceParts, Withholder } from './withhold.ts';
import { withheldIn } from './withheld-in.ts';

/** A line of a task that is longer was split here (runner/sandbox/log-collector.ts). */
const splitCharacters = 8 * 1024;

/** What of a record matters here; the rest of it stays as it is. */
interface Line {
  stream: string;
  text: string;
}

function lineOf(value: unknown): Line | undefined {
  if (typeof value !== 'object' || value === null || !('stream' in value) || !('text' in value)) return undefined;
  const { stream, text } = value;
  return typeof stream === 'string' && typeof text === 'string' ? { stream, text } : undefined;
}

const keyBegins = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----/;
const keyEnds = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----/;

/** A record as it was read; `line` is absent for what is no record of ours, and that is withheld whole. */
interface Read {
  raw: string;
  /** What it parses to; parsed when it is needed, and only for a plain record. */
  value: unknown;
  line: Line | undefined;
}

/** The very form in which logs are written, where a text needs no escape: nine lines of ten are read without parsing them as JSON. */
const plainRecord = /^\{"at":\d{1,16},"stream":"(stdout|stderr|system)","text":"([^"\\]*)","taskId":"[\w-]{1,64}","attempt":\d{1,3}\}$/;

// eslint-disable-next-line no-control-regex -- RFC 8259 §7: what a string holds escaped only
const control = /[\u0000-\u001f]/;

function readPlain(raw: string): Read | undefined {
  const [, stream, text] = plainRecord.exec(raw) ?? [];
  if (stream === undefined || text === undefined || control.test(text)) return undefined;
  return { raw, value: undefined, line: { stream, text } };
}

function read(raw: string): Read {
  return readPlain(raw) ?? readJson(raw);
}

function readJson(raw: string): Read {
  try {
    const value: unknown = JSON.parse(raw);
    const line = lineOf(value);
    // Only what is written again exactly as it was can be put together again later.
    return { raw, value, line: line && JSON.stringify(value) === raw ? line : undefined };
  } catch {
    return { raw, value: undefined, line: undefined }; // Not JSON.
  }
}

/** What was made of a log so far. Lines that stay are copied as bytes; most of a log is never more than that. */
class Output {
  #bytes: Buffer<ArrayBuffer>;
  #length = 0;

  constructor(expected: number) {
    // Commitments are longer than most of what they stand for.
    this.#bytes = Buffer.from(new ArrayBuffer(expected + Math.ceil(expected / 8) + 1_024));
  }

  keep(source: Buffer, start: number, end: number): void {
    this.#reserve(end - start);
    this.#length += source.copy(this.#bytes, this.#length, start, end);
  }

  put(text: string): void {
    this.#reserve(3 * text.length);
    this.#length += this.#bytes.write(text, this.#length);
  }

  /** What was written, as the only bytes of their buffer. */
  take(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#bytes.buffer.transfer(this.#length));
  }

  #reserve(more: number): void {
    if (this.#length + more > this.#bytes.length) this.#bytes = Buffer.from(this.#bytes.buffer.transfer(2 * (this.#length + more)));
  }
}

/** A record with its place in the log. */
interface Placed extends Read {
  start: number;
  end: number;
}

class LogRedactor {
  readonly #rules: RedactionRules;
  readonly #commitments: Commitments;
  readonly #withholder: Withholder;
  /** Streams inside a private key. */
  readonly #inKey = new Set<string>();
  readonly #source: Buffer;
  readonly #output: Output;
  /** Records from the first piece of a split line on, until every line that was begun has ended. */
  #held: Placed[] = [];
  readonly #open = new Set<string>();

  constructor(source: Buffer, rules: RedactionRules, commitments: Commitments) {
    this.#source = source;
    this.#rules = rules;
    this.#commitments = commitments;
    this.#withholder = new Withholder(rules, commitments);
    this.#output = new Output(source.length);
  }

  /** The whole log, line by line: only what a split line needs is held. */
  redact(): Uint8Array<ArrayBuffer> {
    for (let start = 0; start < this.#source.length;) {
      const newline = this.#source.indexOf(0x0a, start);
      const end = newline === -1 ? this.#source.length : newline;
      this.#take({ ...read(this.#source.toString('utf8', start, end)), start, end });
      start = end + 1;
    }
    this.#release();
    return this.#output.take();
  }

  #take(record: Placed): void {
    const { line } = record;
    const isSplit = line !== undefined && line.text.length >= splitCharacters;
    if (line && isSplit) this.#open.add(line.stream);
    else if (line) this.#open.delete(line.stream);
    if (this.#held.length === 0 && !isSplit) this.#write(record, undefined);
    else this.#held.push(record);
    if (this.#open.size === 0) this.#release();
  }

  #release(): void {
    const held = this.#held;
    if (held.length === 0) return;
    this.#held = [];
    const parts = this.#partsOfSplitLines(held);
    for (const [index, record] of held.entries()) this.#write(record, parts.get(index));
  }

  #write({ raw, value, line, start, end }: Placed, parts: readonly Withheld[] | undefined): void {
    if (!line) this.#output.put(JSON.stringify({ withheld: this.#commitments.token('line', raw) }));
    else {
      const text = this.#text(line, parts);
      if (text === line.text) this.#output.keep(this.#source, start, end);
      else this.#output.put(JSON.stringify(Object.assign({}, value ?? (JSON.parse(raw) as object), { text })));
    }
    // The newline of the line, if it has one.
    this.#output.keep(this.#source, end, Math.min(end + 1, this.#source.length));
  }

  #text({ stream, text }: Line, parts: readonly Withheld[] | undefined): string {
    if (text === '') return text;
    if (this.#isKey(stream, text)) return this.#commitments.token('secret', text);
    if (this.#rules.isTextWithheld && stream !== 'system') return this.#commitments.token('text', text);
    if (!parts) return this.#withholder.text(text);
    return parts.length === 0 ? text : replaceParts(text, parts, this.#commitments);
  }

  #isKey(stream: string, text: string): boolean {
    const wasIn = this.#inKey.has(stream);
    const begins = !wasIn && keyBegins.test(text);
    if (!wasIn && !begins) return false;
    const isOver = keyEnds.test(text);
    if (isOver) this.#inKey.delete(stream);
    else this.#inKey.add(stream);
    return true;
  }

  /** For the pieces of each line that was split: what of the whole line must go, piece by piece. */
  #partsOfSplitLines(records: readonly Read[]): Map<number, Withheld[]> {
    const parts = new Map<number, Withheld[]>();
    const open = new Map<string, number[]>();
    for (const [index, { line }] of records.entries()) {
      if (!line) continue;
      const pieces = open.get(line.stream);
      const isSplit = line.text.length >= splitCharacters;
      if (pieces) pieces.push(index);
      else if (isSplit) open.set(line.stream, [index]);
      if (pieces && !isSplit) {
        this.#join(records, pieces, parts);
        open.delete(line.stream);
      }
    }
    for (const pieces of open.values()) this.#join(records, pieces, parts);
    return parts;
  }

  #join(records: readonly Read[], pieces: readonly number[], parts: Map<number, Withheld[]>): void {
    const texts = pieces.map((index) => records[index]?.line?.text ?? '');
    const found = withheldIn(texts.join(''), this.#rules);
    let from = 0;
    for (const [at, index] of pieces.entries()) {
      const to = from + (texts[at]?.length ?? 0);
      const own = found.filter(({ start, end }) => start < to && end > from);
      parts.set(
        index,
        own.map(({ start, end, rule }) => ({ start: Math.max(start, from) - from, end: Math.min(end, to) - from, rule })),
      );
      from = to;
    }
  }
}

/** The log without what the rules take; the same bytes when that is nothing. */
export function redactLog(bytes: Uint8Array, rules: RedactionRules, commitments: Commitments): Uint8Array<ArrayBuffer> {
  return new LogRedactor(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), rules, commitments).redact();
}
