import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { Digest } from '../../core/digest.ts';
import { McError } from '../../core/errors.ts';
import { folderError } from '../folder-error.ts';
import { systemErrorField } from '../system-error.ts';

const chunkBytes = 1024 * 1024;

export interface CopiedFile {
  digest: Digest;
  size: number;
  /** Of the file that was read. */
  mtimeMs: number;
}

/** What a file holds, with its bytes given to `take` one chunk after the other; undefined when there is no file. A link is refused. */
export async function readThrough(path: string, take?: (chunk: Uint8Array) => Promise<void>): Promise<CopiedFile | undefined> {
  // O_NOFOLLOW: a link that somebody put in the place of a file since it was looked at is not followed.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: unknown) => {
    if (systemErrorField(error, 'code') === 'ENOENT') return undefined;
    if (systemErrorField(error, 'code') === 'ELOOP') throw new McError('mc:backup:invalid', `${path} is a link`);
    throw folderError(path, error);
  });
  if (!file) return undefined;
  try {
    const status = await file.stat();
    if (!status.isFile()) throw new McError('mc:backup:invalid', `${path} is no file`);
    const hasher = createHash('sha256');
    const buffer = Buffer.alloc(chunkBytes);
    let size = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, chunkBytes);
      if (bytesRead === 0) break;
      const chunk = buffer.subarray(0, bytesRead);
      hasher.update(chunk);
      size += bytesRead;
      await take?.(chunk);
    }
    return { digest: `sha256:${hasher.digest('hex')}`, size, mtimeMs: status.mtimeMs };
  } finally {
    await file.close();
  }
}

/**
 * Copies a file to the place that `placeOf` names for its content: synced, and under that name only when it is whole. No place, no copy. Answers what was copied,
 * or undefined when there is no such file any more.
 */
export async function copyFile(
  from: string,
  draft: string,
  placeOf: (copied: CopiedFile) => string | undefined,
): Promise<CopiedFile | undefined> {
  try {
    const to = await open(draft, 'w', 0o600);
    let copied: CopiedFile | undefined;
    try {
      copied = await readThrough(from, async (chunk) => to.appendFile(chunk));
      await to.datasync();
    } finally {
      await to.close();
    }
    const place = copied && placeOf(copied);
    if (place === undefined) await rm(draft, { force: true });
    else await rename(draft, place);
    return copied;
  } catch (error) {
    await rm(draft, { force: true });
    throw folderError(draft, error);
  }
}
