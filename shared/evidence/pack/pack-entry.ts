/** One file of a pack, and what the signed manifest of the pack says about it. */
import { z } from 'zod';
import { Digest, digestBytes } from '../../core/digest.ts';
import { padding, ustarHeader } from './ustar.ts';

export const PackEntry = z
  .strictObject({
    path: z.string(),
    mediaType: z.string(),
    sizeBytes: z.int().nonnegative(),
    digest: Digest,
    source: z
      .strictObject({ digest: Digest, sizeBytes: z.int().nonnegative() })
      .optional()
      .describe('What it was before something was withheld'),
    withheld: z.record(z.string(), z.int().positive()).optional().describe('How many values were withheld, by rule'),
  })
  .meta({ id: 'PackEntry' });
export type PackEntry = z.infer<typeof PackEntry>;

export interface PackFile {
  entry: PackEntry;
  bytes: Uint8Array;
}

/** A file as it is. */
export function packFile(path: string, mediaType: string, content: Uint8Array | string): PackFile {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return { entry: { path, mediaType, sizeBytes: bytes.byteLength, digest: digestBytes(bytes) }, bytes };
}

/** A file of which something was withheld, with the digest of what it was. */
export function redactedFile(file: PackFile, source: Uint8Array, withheld: Record<string, number>): PackFile {
  const origin = { source: { digest: digestBytes(source), sizeBytes: source.byteLength }, withheld };
  return { ...file, entry: { ...file.entry, ...origin } };
}

/** The bytes of a file in the archive. */
export function tarOf({ entry, bytes }: PackFile): Uint8Array[] {
  return [ustarHeader(entry.path, entry.sizeBytes), bytes, padding(entry.sizeBytes)];
}
