/**
 * The one form in which a pack holds a file: a POSIX ustar header of fixed owner, mode and time. Writer and verifier make it with the same function, so a
 * verifier accepts no header that the writer would not have written: no links, folders, extensions or other spellings of a name.
 */
import { assertInvariant } from '../../core/errors.ts';

/** POSIX ustar: headers and contents come in blocks of this size. */
export const blockBytes = 512;

/** Two blocks of zeros end an archive (POSIX pax, "ustar Interchange Format"). */
export const endOfArchive: Uint8Array = new Uint8Array(2 * blockBytes);

/** Names stay in the first field of a header; 100 bytes are its size. */
const maxNameBytes = 100;

/** Eleven octal digits. */
const maxFileBytes = 8 ** 11 - 1;

const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;

/** Parts of plain letters, digits, `.`, `_`, `-`; none of them begins with a dot, so neither `..` nor a hidden file can be spelt. */
const name = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

/** Whether a pack can hold a file of this name. */
export function isPackName(path: string): boolean {
  return path.length <= maxNameBytes && name.test(path);
}

/** The header of a file; equal names and sizes give equal bytes. */
export function ustarHeader(path: string, sizeBytes: number): Buffer {
  assertInvariant(isPackName(path), `${path} is no name of a file in a pack`);
  assertInvariant(
    Number.isSafeInteger(sizeBytes) && sizeBytes >= 0 && sizeBytes <= maxFileBytes,
    `a tar holds no file of ${sizeBytes} bytes`,
  );
  const header = Buffer.alloc(blockBytes);
  header.write(path, 0, 'latin1');
  header.write(octal(0o644, 7), 100, 'latin1');
  header.write(octal(0, 7), 108, 'latin1');
  header.write(octal(0, 7), 116, 'latin1');
  header.write(octal(sizeBytes, 11), 124, 'latin1');
  header.write(octal(0, 11), 136, 'latin1');
  header.write('0', 156, 'latin1');
  header.write('ustar\0' + '00', 257, 'latin1');
  header.write(octal(0, 7), 329, 'latin1');
  header.write(octal(0, 7), 337, 'latin1');
  // The checksum is computed with its own field as spaces.
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** The zeros after a file of this size. */
export function padding(sizeBytes: number): Uint8Array {
  return new Uint8Array((blockBytes - (sizeBytes % blockBytes)) % blockBytes);
}

/** The name and the size that a header claims, or undefined when it claims none; whether the header is the one of that name and size is for the caller to compare. */
export function readClaim(header: Buffer): { path: string; sizeBytes: number } | undefined {
  const end = header.indexOf(0);
  const path = header.toString('latin1', 0, end === -1 || end > maxNameBytes ? maxNameBytes : end);
  const size = /^[0-7]{11}$/.exec(header.toString('latin1', 124, 135))?.[0];
  return size === undefined || !isPackName(path) ? undefined : { path, sizeBytes: parseInt(size, 8) };
}
