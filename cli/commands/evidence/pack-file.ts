import { open, type FileHandle } from 'node:fs/promises';
import { McError } from '../../../shared/core/errors.ts';
import type { RandomAccess } from '../../../shared/evidence/verify/inflate-members.ts';
import { errnoOf } from '../../errno.ts';
import { reasonOf } from '../../workflow-source.ts';

/** RFC 1952: what every gzip begins with; no bundle, which is JSON, does. */
const gzipMagic = Buffer.from([0x1f, 0x8b]);

async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** Gives the file to the function as one that is read from any place, and closes it afterwards. */
export async function withPackFile<T>(path: string, use: (file: RandomAccess) => Promise<T>): Promise<T> {
  try {
    await using file = await open(path, 'r');
    return await use({ sizeBytes: (await file.stat()).size, read: (offset, length) => readAt(file, offset, length) });
  } catch (cause) {
    if (cause instanceof McError || errnoOf(cause) === undefined) throw cause;
    throw new McError('mc:cli:file-unreadable', `${path} cannot be read: ${reasonOf(cause)}.`, { cause });
  }
}

/** Whether the file is a pack and no single bundle. */
export async function isPackFile(path: string): Promise<boolean> {
  return withPackFile(path, async (file) => (await file.read(0, gzipMagic.length)).equals(gzipMagic));
}
