/** The list of a backup's blob files: where each lies in the data folder, and which stored bytes it has. */
import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { McError } from '../core/errors.ts';

/** A blob lies at tenant, kind, two digits and its name. Names of folders never begin with a dot, so none leads out of the folder. */
const BlobPath = z
  .string()
  .max(400)
  .regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*){1,5}$/);

/** One blob file. The digest is that of the bytes as they are stored, which are encrypted. */
export const ListedBlob = z.strictObject({
  digest: Digest,
  /** When the file was written; with its size it tells whether a later backup has to read it again. */
  mtimeMs: z.number().nonnegative(),
  path: BlobPath,
  size: z.int().nonnegative(),
});
export type ListedBlob = z.infer<typeof ListedBlob>;

/** The list as it is stored: a line a blob, in the order of their paths. */
export function writeBlobList(blobs: readonly ListedBlob[]): string {
  const sorted = blobs.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return sorted.map(({ digest, mtimeMs, path, size }) => `${JSON.stringify({ digest, mtimeMs, path, size })}\n`).join('');
}

/** Reads a list; throws `mc:backup:invalid` for anything that `writeBlobList` does not write, such as a path that leads out of the folder or stands twice. */
export function readBlobList(text: string): ListedBlob[] {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new McError('mc:backup:invalid', 'the list of blobs does not end with a whole line');
  let before = '';
  return lines.map((line, at) => {
    const blob = ListedBlob.safeParse(parseJson(line));
    if (!blob.success) throw new McError('mc:backup:invalid', `line ${at + 1} of the list of blobs names no file that a home could have`);
    if (blob.data.path <= before) throw new McError('mc:backup:invalid', `line ${at + 1} of the list of blobs is not in order`);
    before = blob.data.path;
    return blob.data;
  });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // The schema says that it is no entry.
  }
}
