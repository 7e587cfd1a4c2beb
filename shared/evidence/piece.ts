/** A piece of something that may be larger than a home can answer at once: a function gives out 4 MB. */
import { z } from 'zod';

export const Piece = z.strictObject({
  offset: z.int().nonnegative().default(0).describe('The first byte; default 0'),
  length: z.int().positive().optional().describe('At most this many bytes; default: all that follow. A deployed home answers 4 MB at once'),
});
export type Piece = z.infer<typeof Piece>;

/** What of the bytes was asked for; nothing when the piece begins behind their end. */
export function pieceOf<T extends Uint8Array>(bytes: T, { offset, length }: Piece): Uint8Array {
  return bytes.subarray(offset, length === undefined ? undefined : offset + length);
}
