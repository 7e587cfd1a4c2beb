/**
 * Goes through a text byte by byte, once, and proves of most that there is nothing in it that any detector finds, in any spelling. It never says what there is:
 * where it cannot prove that there is nothing, the patterns of withheldIn decide. So every check here may be too strict and none too lax.
 */
import { tokenStart } from '../redaction/commitment.ts';
import { bytesOf, codes, inNumber, inRun, is, isAt, isDigit, isHex, isLetter, isSign, kinds, letterShift } from './characters.ts';
import { leastNumber, markOfColon, markOfNumber } from './numbers.ts';
import { isQuietRun } from './runs.ts';
import { checkBy, marks, markOfWord, recentBits } from './words.ts';

/** How a text is written: as it is, as a string of JSON, or as a string of JSON in such a string. */
export const spelt = { plainly: 0, asString: 1, asInnerString: 2 } as const;
export type Spelling = (typeof spelt)[keyof typeof spelt];

/** What is looked through for encoded texts has so many characters. */
const leastRun = 16;

const token = bytesOf(tokenStart);
/** An at sign of RFC 2045. */
const quotedAt = bytesOf('=40');

/** Whether an address can go on behind this at sign: a domain with a dot, or one in brackets. */
function canBeAddress(bytes: Uint8Array, sign: number): boolean {
  if (bytes[sign + 1] === codes.openBracket) return true;
  for (let at = sign + 1; ; at++) {
    const byte = bytes[at];
    if (byte === codes.dot && at > sign + 1 && is(bytes[at + 1], isLetter)) return true;
    if (byte !== codes.dot && byte !== codes.dash && !is(byte, isLetter | isDigit)) return false;
  }
}

/** Whether a bracket begins a dot or an at sign as people hide them from programs, or one of our tokens. */
function isDisguise(bytes: Uint8Array, bracket: number): boolean {
  const next = bytes[bracket + 1];
  if (next === codes.dot || next === codes.at || isAt(bytes, bracket, token)) return true;
  if (!is(next, isLetter)) return false;
  return /^(?:at|dot)[\])}>]/i.test(String.fromCharCode(...bytes.subarray(bracket + 1, bracket + 5)));
}

/** RFC 1866 §8.2.1: the space that a plus behind this equals sign may be, when a name of a query stands before it. */
function canBeQuery(bytes: Uint8Array, equals: number, from: number): boolean {
  let at = equals + 1;
  for (; bytes[at] !== codes.plus; at++) if (at > equals + longestValue || endsValue(bytes[at] ?? 0)) return false;
  let name = equals;
  while (name > from && equals - name <= longestName && isOfName(bytes[name - 1])) name--;
  return name < equals && (name === from || bytes[name - 1] === codes.question || bytes[name - 1] === codes.ampersand);
}

const longestName = 64;
/** Of 200 characters, each of which may be written as two. */
const longestValue = 401;

const endsValue = (byte: number): boolean => byte <= codes.space || byte === codes.ampersand || byte === codes.equals;
const isOfName = (byte: number | undefined): boolean =>
  is(byte, isLetter | isDigit) || byte === codes.underscore || byte === codes.dot || byte === codes.dash;

/** What one of the characters says that mean something. */
function markOfSign(bytes: Buffer, at: number, from: number): number {
  const next = bytes[at + 1] ?? 0;
  const loudIf = (isLoud: boolean): number => (isLoud ? marks.loud : marks.none);
  switch (bytes[at]) {
    case codes.quote:
      return marks.none;
    case codes.backslash:
      return loudIf('ux0123"\'\\/'.includes(String.fromCharCode(next)));
    case codes.at:
      return marks.at | loudIf(canBeAddress(bytes, at));
    case codes.percent:
      return loudIf(is(next, isHex) && is(bytes[at + 2], isHex));
    case codes.ampersand:
      return loudIf('#acpq'.includes(String.fromCharCode(next)));
    case codes.equals:
      return loudIf(isAt(bytes, at, quotedAt) || canBeQuery(bytes, at, from));
    case codes.colon:
      return markOfColon(bytes, at, from);
    case codes.openBracket:
    case codes.openBrace:
    case 0x28:
    case 0x3c:
      return loudIf(isDisguise(bytes, at));
    default:
      return marks.loud;
  }
}

/** Whether what was found here and there tells something together: a password in a URL, a number behind the word for it. */
function isLoudTogether(found: number): boolean {
  const has = (both: number): boolean => (found & both) === both;
  return has(marks.loud) || has(marks.at | marks.scheme) || has(marks.phoneWord | marks.sevenDigits);
}

/** Behind the run of this kind of character. */
function endOfRun(bytes: Uint8Array, from: number, kind: number): number {
  let at = from;
  while (is(bytes[at], kind)) at++;
  return at;
}

/** Of each of the last characters a bit that says whether it can stand in a run, and one for a number: full when that is as long as it has to be. */
const fullRun = (inRun << leastRun) - inRun;
const fullNumber = (inNumber << leastNumber) - inNumber;
const added = inRun | inNumber;
/** Without the bits that are added, and the one that was shifted out of a run. */
const shifted = (fullRun | fullNumber) & ~added;

/** The index behind the last byte of the text that begins here, when nothing is in it; otherwise -1. A text that is spelt plainly ends at `to`, with a zero behind. */
export function endOfQuiet(bytes: Buffer, from: number, to: number, spelling: Spelling): number {
  let past = 0;
  let recent = 0;
  let found = 0;
  // Where the run and the number end that were looked at.
  let run = from;
  let number = from;
  for (let at = from; at <= to; at++) {
    let kind = kinds[bytes[at] ?? 0] ?? 0;
    past = ((past << 1) & shifted) | (kind & added);
    recent = ((recent << 5) | (kind >> letterShift)) & recentBits;
    // Most bytes are passed over here; the rest of the loop has calls, which would cost every byte three times as much.
    while (
      ((kind & isSign) | (checkBy[recent] ?? 0)) === 0 &&
      (past & fullRun) !== fullRun &&
      (past & fullNumber) !== fullNumber &&
      at < to
    ) {
      kind = kinds[bytes[++at] ?? 0] ?? 0;
      past = ((past << 1) & shifted) | (kind & added);
      recent = ((recent << 5) | (kind >> letterShift)) & recentBits;
    }
    const byte = bytes[at] ?? 0;
    if (checkBy[recent] !== 0) found |= markOfWord(bytes, at, from, checkBy[recent] ?? 0);
    if ((past & fullRun) === fullRun) {
      past &= fullNumber;
      if (at >= run) {
        run = endOfRun(bytes, at, inRun);
        // In a text that was encoded itself nobody looks deeper than this.
        if (spelling === spelt.plainly || !isQuietRun(bytes, at + 1 - leastRun, run, isFound)) return -1;
      }
    }
    if ((past & fullNumber) === fullNumber) {
      past &= fullRun;
      if (at >= number) {
        number = endOfRun(bytes, at, inNumber);
        found |= markOfNumber(bytes, { start: at + 1 - leastNumber, end: number, from });
      }
    }
    if ((kind & isSign) === 0) continue;
    if ((at === to && spelling === spelt.plainly) || (byte === codes.quote && spelling === spelt.asString))
      return isLoudTogether(found) ? -1 : at;
    if (byte === codes.quote && spelling === spelt.asInnerString) return -1;
    if (byte !== codes.backslash || spelling === spelt.plainly) found |= markOfSign(bytes, at, from);
    else if (bytes[at + 1] !== codes.quote) return -1;
    else if (spelling === spelt.asInnerString) return isLoudTogether(found) ? -1 : at;
    else at++;
    if ((found & marks.loud) !== 0) return -1;
  }
  return -1;
}

/** Where texts that were encoded are written to be gone through: a text has at most 8 KiB, and what is encoded in it is never longer. */
const scratch = Buffer.alloc(32 * 1024);

/** Whether something may be in a text that was encoded. */
function isFound(text: string): boolean {
  const length = scratch.write(text);
  scratch[length] = 0;
  return endOfQuiet(scratch, 0, length, spelt.plainly) === -1;
}
