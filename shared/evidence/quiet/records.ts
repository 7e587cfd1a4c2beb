/**
 * Passes over the records of a log from which nothing goes. Of most lines of most logs that can be proved by going through their bytes once, without making a string
 * or a value of any; the others are read and looked at by redact-log.ts, which alone decides what goes.
 */
import { bytesOf, codes, is, isAt, isDigit, isLetter } from './characters.ts';
import { KnownNames } from './names.ts';
import { NestedRecords } from './nested.ts';
import { endOfQuiet, spelt } from './texts.ts';

/** Of the bytes of a text: longer lines may have been split, and are looked at together. */
const longest = 8 * 1024 - 2;

/** Numbers of more digits may be written in another way than they are read. */
const mostDigits = 15;
const mostAttempts = 3;

const newline = 0x0a;
const closeBrace = codes.closeBrace;

/** Behind a whole number in its only spelling, or -1. */
function endOfCount(bytes: Uint8Array, from: number, mostDigits: number): number {
  let at = from;
  while (at - from <= mostDigits && is(bytes[at], isDigit)) at++;
  const digits = at - from;
  return digits === 0 || digits > mostDigits || (digits > 1 && bytes[from] === codes.zero) ? -1 : at;
}

/** What a record has around its values, in the form in which logs are written. */
const frame = {
  at: bytesOf('{"at":'),
  stream: bytesOf(',"stream":"'),
  taskId: bytesOf('","taskId":"'),
  attempt: bytesOf('","attempt":'),
} as const;
const streams = ['stdout', 'stderr', 'system'].map((stream) => bytesOf(`${stream}","text":"`));
const beginnings = ['tr', 'fa', 'nu'].map(bytesOf);

/** Where the text of a record begins that is written as logs are written, or -1. */
function startOfText(bytes: Uint8Array, start: number): number {
  if (!isAt(bytes, start, frame.at)) return -1;
  const at = endOfCount(bytes, start + frame.at.length, mostDigits);
  if (at === -1 || !isAt(bytes, at, frame.stream)) return -1;
  const stream = at + frame.stream.length;
  const known = streams.find((text) => isAt(bytes, stream, text));
  return known === undefined ? -1 : stream + known.length;
}

/** Behind a record whose text ends with the quotation mark here, or -1. */
function endOfRecord(bytes: Uint8Array, quote: number): number {
  if (!isAt(bytes, quote, frame.taskId)) return -1;
  let at = quote + frame.taskId.length;
  while (is(bytes[at], isLetter | isDigit) || bytes[at] === codes.dash || bytes[at] === codes.underscore) at++;
  if (!isAt(bytes, at, frame.attempt)) return -1;
  const end = endOfCount(bytes, at + frame.attempt.length, mostAttempts);
  return end === -1 || bytes[end] !== closeBrace ? -1 : end + 1;
}

export class QuietRecords {
  readonly #nested: NestedRecords;

  /** `isHarmless` says of the name of a field that it may be shown and its value too. */
  constructor(isHarmless: (name: string) => boolean) {
    this.#nested = new NestedRecords(new KnownNames(isHarmless));
  }

  /** Where the first record begins, from here on, that has to be looked at; or the end. */
  pass(bytes: Buffer, from: number): number {
    let start = from;
    while (start < bytes.length) {
      const end = this.#endOf(bytes, start);
      if (end === -1 || (end < bytes.length && bytes[end] !== newline)) break;
      start = Math.min(end + 1, bytes.length);
    }
    return start;
  }

  /** Behind the record that begins here, or -1. */
  #endOf(bytes: Buffer, start: number): number {
    const text = startOfText(bytes, start);
    if (text === -1) return -1;
    const quote = this.#endOfText(bytes, text, Math.min(text + longest, bytes.length));
    return quote === -1 ? -1 : endOfRecord(bytes, quote);
  }

  #endOfText(bytes: Buffer, text: number, to: number): number {
    const first = bytes[text];
    if (first === codes.quote) return text;
    // Only a text that begins like a value of JSON is read as one.
    if (first === codes.backslash) return -1;
    if ((first !== codes.openBrace && first !== codes.openBracket) || isNoJson(bytes, text))
      return endOfQuiet(bytes, text, to, spelt.asString);
    const end = this.#nested.endOfQuiet(bytes, text, to);
    return end <= to ? end : -1;
  }
}

/** Whether a brace or bracket is followed by what no value of JSON begins with, as in `[main] started`. */
function isNoJson(bytes: Uint8Array, bracket: number): boolean {
  return is(bytes[bracket + 1], isLetter) && !beginnings.some((beginning) => isAt(bytes, bracket + 1, beginning));
}
