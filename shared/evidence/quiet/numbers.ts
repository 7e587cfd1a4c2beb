/** Digits with what people write between them: proves of most of them that they are no number of a person or a machine. */
import { networkDetectors, personalDetectors } from '../redaction/detectors.ts';
import { findWithheld } from '../redaction/find-withheld.ts';
import { codes, is, isDigit, isHex } from './characters.ts';
import { marks } from './words.ts';

/** An address of a machine, `1.2.3.4`, has as many characters; no other number that is looked for has fewer. */
export const leastNumber = 7;

const leastDigits = 4;
const leastDots = 3;
const leastPhone = 7;
const leastCard = 13;

const ofNumbers = [...personalDetectors, ...networkDetectors].filter(({ rule }) => ['card', 'phone', 'ssn', 'ip'].includes(rule));

/** Patterns look at most three characters back and one on; what they look for is all of this run. */
const context = 4;

/** What a run of characters of numbers says. `from` is where its text begins. */
export function markOfNumber(bytes: Buffer, { start, end, from }: { start: number; end: number; from: number }): number {
  let digits = 0;
  let first = end;
  let last = start;
  let dots = 0;
  let hasPlus = false;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === codes.plus) hasPlus = true;
    if (byte === codes.dot) dots++;
    if (!is(byte, isDigit)) continue;
    if (digits++ === 0) first = at;
    last = at;
  }
  if (digits < leastDigits) return marks.none;
  const mark = digits >= leastPhone ? marks.sevenDigits : marks.none;
  if (digits < leastPhone && dots < leastDots) return mark;
  if (last - first + 1 === digits && !hasPlus && isHarmless(bytes[first] ?? 0, digits)) return mark;
  const text = bytes.toString('latin1', Math.max(from, start - context), end + context);
  return findWithheld(text, ofNumbers).length > 0 ? marks.loud : mark;
}

/**
 * Digits in one piece are no phone number without a plus or zeros before them, and a card of so many begins with 2 to 6.
 */
export function isHarmless(firstDigit: number, digits: number): boolean {
  if (digits < leastCard) return firstDigit !== codes.zero;
  return firstDigit === codes.zero + 1 || firstDigit > codes.zero + 6;
}

/** An IPv6 address has two colons together, or seven, or it ends as an address of four numbers. */
const leastColons = 7;

/** As many characters as one has. */
const longestIpv6 = 45;

const canBeIpv6 = (byte: number): boolean => is(byte, isHex) || byte === codes.colon || byte === codes.dot;

/** What a colon says, by what stands around it. */
export function markOfColon(bytes: Uint8Array, colon: number, from: number): number {
  if (bytes[colon + 1] === codes.slash && bytes[colon + 2] === codes.slash) return marks.scheme;
  let colons = 0;
  let isShort = false;
  let hasDigit = false;
  for (let at = colon; at < colon + longestIpv6 && canBeIpv6(bytes[at] ?? 0); at++) {
    if (bytes[at] === codes.colon) {
      colons++;
      if (bytes[at + 1] === codes.colon) isShort = true;
    } else if (is(bytes[at], isDigit)) hasDigit = true;
  }
  if (colons >= leastColons) return marks.loud;
  if (!isShort) return marks.none;
  for (let at = colon - 1; at >= from && at > colon - longestIpv6 && canBeIpv6(bytes[at] ?? 0); at--)
    if (is(bytes[at], isDigit)) hasDigit = true;
  return hasDigit ? marks.loud : marks.none;
}
