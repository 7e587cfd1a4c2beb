/** Entries of the log as tlog-tiles bundles them: each behind its length in two bytes. */
import { McError } from '../core/errors.ts';

const lengthBytes = 2;

/**
 * Ours are about 490 bytes with a key, and 1,250 with a certificate. The edge of the log is one item of at most 400 KB, and holds up to 255 entries beside
 * 11 KB of hashes for each of its levels, of which there are three up to 16.7 million entries (256 to the third), and four up to 4 billion,
 * where there is room for entries of our lengths.
 */
export const maxEntryBytes = 1_400;

/** The bundle of these entries. */
export function writeEntryBundle(entries: readonly string[]): Buffer {
  const parts = entries.flatMap((entry) => {
    const bytes = Buffer.from(entry);
    const length = Buffer.alloc(lengthBytes);
    length.writeUInt16BE(bytes.byteLength);
    return [length, bytes];
  });
  return Buffer.concat(parts);
}

/** The first `count` entries of a bundle; throws `mc:log:damaged` when it has fewer, or something that is no entry. */
export function readEntryBundle(bytes: Uint8Array, count: number): string[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: string[] = [];
  let at = 0;
  while (entries.length < count) {
    const end = at + lengthBytes <= buffer.byteLength ? at + lengthBytes + buffer.readUInt16BE(at) : Infinity;
    if (end > buffer.byteLength) throw new McError('mc:log:damaged', `an entry bundle ends after ${entries.length} of ${count} entries`);
    entries.push(buffer.toString('utf8', at + lengthBytes, end));
    at = end;
  }
  return entries;
}
