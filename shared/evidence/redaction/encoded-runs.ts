/**
 * What is hidden in base64, base64url or hexadecimal: in any alignment, between bytes that are no text, as UTF-16, and encoded twice. Nobody can say which characters
 * of the run a value is, so all of them go. What is compressed cannot be looked into and goes too.
 */
import { isUtf8 } from 'node:buffer';

const leastRun = 16;

/** 16 characters are 12 bytes of base64, and 8 of hexadecimal: shorter than any of what is looked for but an address of a few letters. */
const run = /[A-Za-z0-9+/_-]{16,}={0,2}/g;

/** Pairs of small letters or of capitals. No pair fits two of the forms, or digits that are one too many would be tried in all ways. */
const hexadecimal = /^(?:0[xX])?(?:[\da-f]{2}|[A-F][\dA-F]|\d[A-F]){8,}$/;

/** How base64 of RFC 1952 (gzip with deflate) and of RFC 8878 (zstd) begins. */
const compressed = ['H4sI', 'KLUv/'] as const;

/** The shortest thing that is looked for: an address of one letter at a domain of four. */
const leastStretch = 6;

/** Base64 in base64 in a text; deeper, it is nobody's accident. */
const maxDepth = 2;

/** A part of a text. */
export interface Run {
  start: number;
  end: number;
}

/** 1 for what is plain text in ASCII. */
const printable = Uint8Array.from({ length: 256 }, (_, byte) => Number(byte >= 0x20 && byte < 0x7f));

/** The longest pieces of plain text among the bytes. Looks at every sixth of them until one is text: of random bytes most are passed over. */
function stretches(bytes: Buffer): string[] {
  const found: string[] = [];
  for (let from = 0; from + leastStretch <= bytes.length;) {
    let at = from + leastStretch - 1;
    while (at >= from && printable[bytes[at] ?? 0] === 1) at--;
    if (at >= from) {
      from = at + 1;
      continue;
    }
    let end = from + leastStretch;
    while (end < bytes.length && printable[bytes[end] ?? 0] === 1) end++;
    found.push(bytes.toString('latin1', from, end));
    from = end + 1;
  }
  return found;
}

/** UTF-16 has a zero beside every letter of ours. */
function isUtf16(bytes: Buffer): boolean {
  let zeros = 0;
  for (let at = bytes.indexOf(0); at !== -1; at = bytes.indexOf(0, at + 1)) zeros++;
  return 4 * zeros >= bytes.length;
}

/** Texts of what the bytes may say. */
function textsIn(bytes: Buffer): string[] {
  // Letters beyond ASCII end a stretch; what is UTF-8 or UTF-16 as a whole is text.
  const whole = isUtf8(bytes) ? [bytes.toString('utf8')] : stretches(bytes);
  return isUtf16(bytes) ? [...whole, bytes.toString('utf16le'), bytes.subarray(1).toString('utf16le')] : whole;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** The characters of base64 and base64url whose six bits are such. */
function characters(isOne: (bits: number) => boolean): string {
  const plain = [...alphabet].filter((_, bits) => isOne(bits)).join('');
  return `[${plain}${isOne(62) ? '+-' : ''}${isOne(63) ? '/_' : ''}]`;
}

/** The four characters of a group that stands for three bytes of ASCII, or of ASCII with zeros between. */
export const asciiGroup: readonly string[] = [
  characters((bits) => bits === 0 || (bits >= 8 && bits < 32)),
  characters((bits) => bits % 16 === 0 || (bits % 16 >= 2 && bits % 16 < 8)),
  characters((bits) => bits % 4 < 2),
  '.',
];

/** Three such groups. One look at a run tells that of all alignments at once, and passes over nine of ten runs of ciphertext. */
const ascii = new RegExp(asciiGroup.join('').repeat(3));

/** Where runs are decoded: what is read of one is copied before the next is. */
const scratch = Buffer.allocUnsafeSlow(16 * 1024);

/** What a run may have been made of: whoever cut it out of a path or put a letter before it has moved the groups of four. */
function* decodings(text: string): Generator<Buffer> {
  if (hexadecimal.test(text)) yield Buffer.from(text.replace(/^0[xX]/, ''), 'hex');
  const isAscii = ascii.test(text);
  for (const skipped of [0, 1, 2, 3]) {
    const part = skipped === 0 ? text : text.slice(skipped);
    const bytes = part.length > scratch.length ? Buffer.from(part, 'base64') : scratch.subarray(0, scratch.write(part, 'base64'));
    if (isAscii || isUtf8(bytes)) yield bytes;
  }
}

function hides(text: string, isFound: (view: string) => boolean, depth: number): boolean {
  // At the start, or behind a part of a path.
  if (compressed.some((magic) => text.startsWith(magic) || text.includes(`/${magic}`))) return true;
  for (const bytes of decodings(text)) {
    const texts = textsIn(bytes);
    if (texts.some((piece) => isFound(piece) || hiddenRuns(piece, isFound, depth + 1).length > 0)) return true;
  }
  return false;
}

/** The runs of a text in which something is found. */
export function hiddenRuns(text: string, isFound: (view: string) => boolean, depth = 0): Run[] {
  const found: Run[] = [];
  if (depth > maxDepth || text.length < leastRun) return found;
  for (const match of text.matchAll(run))
    if (hides(match[0], isFound, depth)) found.push({ start: match.index, end: match.index + match[0].length });
  return found;
}
