/**
 * Logs as they may leave: every record with its time, stream, task and attempt, and of its text what the rules leave. Lines that were split because they were
 * long are looked at together, and a private key is withheld from its first line to its last.
 */
import type { Commitments } from './commitment.ts';
import type { RedactionRules } from './data-class.ts';
import type { Withheld } from './find-withheld.ts';
import { LogOutput } from './log-output.ts';
import { readRecord, type Line, type LogRecord } from './log-record.ts';
import { QuietRecords } from '../quiet/records.ts';
import { Withholder } from './withhold.ts';
import { withheldIn } from './withheld-in.ts';

/** A line of a task that is longer than 8 Ki characters was split there, or one before, so that no character was cut in two (runner/sandbox/log-collector.ts). */
const splitCharacters = 8 * 1024 - 1;

const keyBegins = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----/;
const keyEnds = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----/;

/** A record with its place in the log. */
interface Placed extends LogRecord {
  start: number;
  end: number;
}

/** A piece of a line that was split. */
interface Piece {
  /** What of it must go. */
  parts: readonly Withheld[];
  /** Whether a private key begins in it, which may go on in the next piece. */
  beginsKey: boolean;
}

class LogRedactor {
  readonly #rules: RedactionRules;
  readonly #commitments: Commitments;
  readonly #withholder: Withholder;
  /** Streams inside a private key. */
  readonly #inKey = new Set<string>();
  readonly #quiet: QuietRecords;
  readonly #source: Buffer;
  readonly #output: LogOutput;
  /** Records from the first piece of a split line on, until every line that was begun has ended. */
  #held: Placed[] = [];
  readonly #open = new Set<string>();

  constructor(source: Buffer, rules: RedactionRules, commitments: Commitments) {
    this.#source = source;
    this.#rules = rules;
    this.#commitments = commitments;
    this.#withholder = new Withholder(rules, commitments);
    this.#quiet = new QuietRecords((name) => !keyBegins.test(name) && this.#withholder.isHarmless(name));
    this.#output = new LogOutput(source);
  }

  /** The whole log, line by line: only what a split line needs is held. Undefined when it stays as it is. */
  redact(isEveryLineRead: boolean): Uint8Array<ArrayBuffer> | undefined {
    for (let start = 0; start < this.#source.length;) {
      const from = start;
      if (!isEveryLineRead && this.#isBetween()) start = this.#quiet.pass(this.#source, start);
      if (start > from) this.#output.keep(from, start);
      if (start === this.#source.length) break;
      const newline = this.#source.indexOf(0x0a, start);
      const end = newline === -1 ? this.#source.length : newline;
      this.#take({ ...readRecord(this.#source.toString('utf8', start, end)), start, end });
      start = end + 1;
    }
    this.#release();
    return this.#output.take();
  }

  /** Whether a line is judged by itself: nothing is held back, no key is under way, and not every text goes. */
  #isBetween(): boolean {
    return this.#held.length === 0 && this.#inKey.size === 0 && !this.#rules.isTextWithheld;
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
    const pieces = this.#piecesOfSplitLines(held);
    for (const [index, record] of held.entries()) this.#write(record, pieces.get(index));
  }

  #write({ raw, value, line, start, end }: Placed, piece: Piece | undefined): void {
    if (!line) this.#output.put(JSON.stringify({ withheld: this.#commitments.token('line', raw) }));
    else {
      const text = this.#text(line, piece);
      if (text === line.text) this.#output.keep(start, end);
      else this.#output.put(JSON.stringify(Object.assign({}, value ?? (JSON.parse(raw) as object), { text })));
    }
    // The newline of the line, if it has one.
    this.#output.keep(end, Math.min(end + 1, this.#source.length));
  }

  #text({ stream, text }: Line, piece: Piece | undefined): string {
    if (text === '') return text;
    if (this.#isKey(stream, text, piece?.beginsKey ?? keyBegins.test(text))) return this.#commitments.token('secret', text);
    // The runner, too, says what a task said: why it failed, which files it left.
    if (this.#rules.isTextWithheld) return this.#commitments.token('text', text);
    return piece ? this.#withholder.without(text, piece.parts) : this.#withholder.text(text);
  }

  #isKey(stream: string, text: string, begins: boolean): boolean {
    if (!begins && !this.#inKey.has(stream)) return false;
    const isOver = keyEnds.test(text);
    if (isOver) this.#inKey.delete(stream);
    else this.#inKey.add(stream);
    return true;
  }

  /** For the pieces of each line that was split: what of the whole line must go, piece by piece. */
  #piecesOfSplitLines(records: readonly LogRecord[]): Map<number, Piece> {
    const found = new Map<number, Piece>();
    const open = new Map<string, number[]>();
    for (const [index, { line }] of records.entries()) {
      if (!line) continue;
      const pieces = open.get(line.stream);
      const isSplit = line.text.length >= splitCharacters;
      if (pieces) pieces.push(index);
      else if (isSplit) open.set(line.stream, [index]);
      if (pieces && !isSplit) {
        this.#join(records, pieces, found);
        open.delete(line.stream);
      }
    }
    for (const pieces of open.values()) this.#join(records, pieces, found);
    return found;
  }

  #join(records: readonly LogRecord[], pieces: readonly number[], into: Map<number, Piece>): void {
    const texts = pieces.map((index) => records[index]?.line?.text ?? '');
    const whole = texts.join('');
    // Which characters the value of such a field is, only a reader of JSON knows: all of them go.
    const found: readonly Withheld[] = this.#withholder.hasTellingField(whole)
      ? [{ start: 0, end: whole.length, rule: 'encoded' }]
      : withheldIn(whole, this.#rules);
    const keys = [...whole.matchAll(new RegExp(keyBegins, 'g'))].map(({ index }) => index);
    let from = 0;
    for (const [at, index] of pieces.entries()) {
      const to = from + (texts[at]?.length ?? 0);
      const own = found.filter(({ start, end }) => start < to && end > from);
      const parts = own.map(({ start, end, rule }) => ({ start: Math.max(start, from) - from, end: Math.min(end, to) - from, rule }));
      const begin = from;
      into.set(index, { parts, beginsKey: keys.some((key) => key >= begin && key < to) });
      from = to;
    }
  }
}

/**
 * The log without what the rules take; the same bytes when that is nothing. `isEveryLineRead` passes over none of the lines that are proved to hold nothing: the
 * result is the same and takes five times as long, which is for tests.
 */
export function redactLog(
  bytes: Uint8Array<ArrayBuffer>,
  rules: RedactionRules,
  commitments: Commitments,
  { isEveryLineRead = false }: { isEveryLineRead?: boolean } = {},
): Uint8Array<ArrayBuffer> {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return new LogRedactor(source, rules, commitments).redact(isEveryLineRead) ?? bytes;
}
