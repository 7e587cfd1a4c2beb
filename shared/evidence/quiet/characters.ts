/** What a byte of a text can be a part of, in one table: whoever looks at a gigabyte byte by byte has time for one look at each. */

/** Can stand in base64, base64url or hexadecimal; the lowest bit, for a history of characters. */
export const inRun = 1;
/** Means something by itself, or is none of the characters that can be judged alone. */
export const isSign = 1 << 1;
export const isDigit = 1 << 2;
export const isHex = 1 << 3;
export const isLetter = 1 << 4;
/** Can stand in a number of a person or a machine as people write them: digits, and what they put between them. A bit for a history too. */
export const inNumber = 1 << 16;
/** What stands from this bit on, in five bits, is what kind of character a byte is in a word. */
export const letterShift = 24;

export const codes = {
  space: 0x20,
  quote: 0x22,
  percent: 0x25,
  ampersand: 0x26,
  plus: 0x2b,
  comma: 0x2c,
  dash: 0x2d,
  dot: 0x2e,
  slash: 0x2f,
  zero: 0x30,
  colon: 0x3a,
  equals: 0x3d,
  question: 0x3f,
  at: 0x40,
  openBracket: 0x5b,
  backslash: 0x5c,
  underscore: 0x5f,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

const signs = '"\\@%&=:[({<';

/** In a word: 1 to 26 for a letter, capital or small, one number for all digits and one for both dashes, otherwise 0. */
export function letterOf(character: string): number {
  if (/[A-Za-z]/.test(character)) return character.charCodeAt(0) & 0b11111;
  return /\d/.test(character) ? 27 : /[_-]/.test(character) ? 28 : 0;
}

function kindOf(byte: number): number {
  // Beyond printable ASCII nothing is judged here.
  if (byte < 0x20 || byte >= 0x7f) return isSign;
  const character = String.fromCharCode(byte);
  return (
    (letterOf(character) << letterShift) |
    (/[A-Za-z]/.test(character) ? isLetter : 0) |
    (/[A-Za-z0-9+/_-]/.test(character) ? inRun : 0) |
    (/[\d ()./,:_+-]/.test(character) ? inNumber : 0) |
    (signs.includes(character) ? isSign : 0) |
    (/\d/.test(character) ? isDigit : 0) |
    (/[\da-fA-F]/.test(character) ? isHex : 0)
  );
}

/** By byte. */
export const kinds = Int32Array.from({ length: 256 }, (_, byte) => kindOf(byte));

/** Whether the bytes from here on are these. */
export function isAt(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let index = 0; index < wanted.length; index++) if (bytes[at + index] !== wanted[index]) return false;
  return true;
}

/** What `isAt` compares with. */
export const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

/** Whether a byte is of one of these kinds. */
export const is = (byte: number | undefined, kind: number): boolean => ((kinds[byte ?? 0] ?? 0) & kind) !== 0;
