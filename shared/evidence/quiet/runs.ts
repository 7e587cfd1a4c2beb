/** Runs of base64 or hexadecimal that provably hide nothing: nothing that they could have been made of is a text. */
import { asciiGroup, hiddenRuns } from '../redaction/encoded-runs.ts';
import { codes, is, isHex } from './characters.ts';

/** In which of twelve places of three groups of base64 that stand for ASCII a character can be: one bit each. */
const places = Uint16Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].reduce(
    (bits, place) => (new RegExp(asciiGroup[place % 4] ?? '').test(character) ? bits | (1 << place) : bits),
    0,
  );
});
const lastPlace = 1 << 11;

/** The six bits of a character. */
const sixBits = Uint8Array.from({ length: 256 }, (_, byte) => (Buffer.from(`${String.fromCharCode(byte)}AAA`, 'base64')[0] ?? 0) >> 2);

/** Hexadecimal may have an `x` behind its first zero. */
function isHexadecimal(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start + 2;
  while (at < end && is(bytes[at], isHex)) at++;
  return at === end;
}

/** Whether whole groups of four characters from here on stand for bytes that no UTF-8 has. Most random ones do after a few. */
function isNoUtf8(bytes: Uint8Array, from: number, end: number): boolean {
  let awaited = 0;
  for (let at = from; at + 4 <= end; at += 4) {
    const group =
      ((sixBits[bytes[at] ?? 0] ?? 0) << 18) |
      ((sixBits[bytes[at + 1] ?? 0] ?? 0) << 12) |
      ((sixBits[bytes[at + 2] ?? 0] ?? 0) << 6) |
      (sixBits[bytes[at + 3] ?? 0] ?? 0);
    for (let shift = 16; shift >= 0; shift -= 8) {
      const byte = (group >> shift) & 0xff;
      const isFollowing = byte >= 0x80 && byte < 0xc0;
      if (awaited > 0) {
        if (!isFollowing) return true;
        awaited--;
      } else if (byte >= 0x80) {
        // RFC 3629: what begins a character of two to four bytes.
        if (byte < 0xc2 || byte > 0xf4) return true;
        awaited = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
      }
    }
  }
  return false;
}

/** Whether nothing is in a run of at least 16 characters; `isFound` asks of a text that was encoded in it. How compressed bytes begin is for words.ts to see. */
export function isQuietRun(bytes: Buffer, start: number, end: number, isFound: (text: string) => boolean): boolean {
  let possible = 0;
  let seen = 0;
  for (let at = start; at < end; at++) {
    possible = ((possible << 1) | 1) & (places[bytes[at] ?? 0] ?? 0);
    seen |= possible;
  }
  const padding = bytes[end] !== codes.equals ? 0 : bytes[end + 1] === codes.equals ? 2 : 1;
  if (padding > 0) seen |= possible << 1;
  if ((seen & lastPlace) === 0 && !isHexadecimal(bytes, start, end) && isNoUtf8(bytes, start, end) && isNoUtf8(bytes, start + 1, end)) {
    if (isNoUtf8(bytes, start + 2, end) && isNoUtf8(bytes, start + 3, end)) return true;
  }
  return hiddenRuns(bytes.toString('latin1', start, end + padding), isFound).length === 0;
}
