/**
 * A record that a task printed as JSON, inside the string of a log's own record. Goes through it without making a value of it, and proves that it is written as
 * JSON.stringify writes it and that nothing of it goes. What it cannot prove is parsed and looked at by withhold.ts.
 */
import { bytesOf, codes, is, isAt, isDigit } from './characters.ts';
import type { KnownNames } from './names.ts';
import { isHarmless } from './numbers.ts';
import { endOfQuiet, spelt } from './texts.ts';

const maxDepth = 16;

/** Fields of all objects that are open at a time. */
const maxOpen = 256;

/** Every decimal of so many digits is the shortest that gives its number. */
const exactDigits = 15;
/** What withhold.ts takes for no number that could tell. */
const smallDigits = 12;
/** ECMA-262 §6.1.6.1.20: smaller fractions are written with an exponent. */
const leastFraction = 6;

const words = { true: bytesOf('true'), false: bytesOf('false'), null: bytesOf('null') } as const;
const beginsName = bytesOf('\\"');
const endsName = bytesOf('\\":');

/** Behind a number that is written as it would be, and tells nothing; or -1. */
function endOfNumber(bytes: Buffer, from: number): number {
  const first = bytes[from] === codes.dash ? from + 1 : from;
  let at = first;
  while (is(bytes[at], isDigit)) at++;
  const whole = at - first;
  if (whole === 0 || (whole > 1 && bytes[first] === codes.zero)) return -1;
  if (bytes[at] !== codes.dot) {
    if (bytes[first] === codes.zero && first > from) return -1;
    return whole <= smallDigits || (whole <= exactDigits && isHarmless(bytes[first] ?? 0, whole)) ? at : -1;
  }
  const dot = at++;
  while (is(bytes[at], isDigit)) at++;
  if (whole > smallDigits || at === dot + 1) return -1;
  const isCertain = at - first - 1 <= exactDigits && bytes[at - 1] !== codes.zero && (bytes[first] !== codes.zero || isLarge(bytes, dot));
  if (isCertain) return at;
  const text = bytes.toString('latin1', from, at);
  return String(Number(text)) === text ? at : -1;
}

/** Whether one of the first digits behind the dot is not zero. */
function isLarge(bytes: Uint8Array, dot: number): boolean {
  for (let at = dot + 1; at <= dot + leastFraction && is(bytes[at], isDigit); at++) if (bytes[at] !== codes.zero) return true;
  return false;
}

export class NestedRecords {
  readonly #names: KnownNames;
  /** Numbers of the names in the objects that are open. */
  readonly #open = new Int16Array(maxOpen);

  constructor(names: KnownNames) {
    this.#names = names;
  }

  /** The index behind the value that begins here, or -1. */
  endOfQuiet(bytes: Buffer, from: number, end: number): number {
    return this.#value(bytes, from, end, { depth: 1, open: 0 });
  }

  #value(bytes: Buffer, at: number, end: number, place: { depth: number; open: number }): number {
    switch (bytes[at]) {
      case codes.backslash:
        return this.#string(bytes, at, end);
      case codes.openBrace:
        return this.#object(bytes, at, end, place);
      case codes.openBracket:
        return this.#array(bytes, at, end, place);
      case 0x74:
        return isAt(bytes, at, words.true) ? at + 4 : -1;
      case 0x66:
        return isAt(bytes, at, words.false) ? at + 5 : -1;
      case 0x6e:
        return isAt(bytes, at, words.null) ? at + 4 : -1;
      default:
        return endOfNumber(bytes, at);
    }
  }

  /** A string that is JSON itself is not judged here. */
  #string(bytes: Buffer, at: number, end: number): number {
    if (bytes[at + 1] !== codes.quote) return -1;
    const first = bytes[at + 2];
    if (first === codes.openBrace || first === codes.openBracket) return -1;
    const close = endOfQuiet(bytes, at + 2, end, spelt.asInnerString);
    return close === -1 ? -1 : close + 2;
  }

  #object(bytes: Buffer, from: number, end: number, { depth, open }: { depth: number; open: number }): number {
    if (depth > maxDepth) return -1;
    let at = from + 1;
    if (bytes[at] === codes.closeBrace) return at + 1;
    for (let top = open; ; at++) {
      const name = isAt(bytes, at, beginsName) ? this.#names.numberOf(bytes, at + 2) : -1;
      if (name === -1 || top >= maxOpen) return -1;
      const close = at + 2 + this.#names.lengthOf(name);
      if (!isAt(bytes, close, endsName)) return -1;
      for (let index = open; index < top; index++) if (this.#open[index] === name) return -1;
      this.#open[top++] = name;
      at = this.#value(bytes, close + 3, end, { depth: depth + 1, open: top });
      if (at === -1) return -1;
      if (bytes[at] === codes.closeBrace) return at + 1;
      if (bytes[at] !== codes.comma) return -1;
    }
  }

  #array(bytes: Buffer, from: number, end: number, { depth, open }: { depth: number; open: number }): number {
    if (depth > maxDepth) return -1;
    let at = from + 1;
    if (bytes[at] === closeBracket) return at + 1;
    for (; ; at++) {
      at = this.#value(bytes, at, end, { depth: depth + 1, open });
      if (at === -1) return -1;
      if (bytes[at] === closeBracket) return at + 1;
      if (bytes[at] !== codes.comma) return -1;
    }
  }
}

const closeBracket = 0x5d;
