import { lstat } from 'node:fs/promises';
import { entriesOf } from './scratch/entries-of.ts';
import { hasCode } from './scratch/has-code.ts';

/** What an entry takes at least: an empty file is a name and an inode, and whoever removes it has to look at it. */
const entryBytesMin = 4_096;

/** One that is gone since its folder was read counts too: the count ends, however fast a task makes files and removes them. */
async function bytesOf(path: Buffer): Promise<number> {
  try {
    return Math.max((await lstat(path)).blocks * 512, entryBytesMin);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return entryBytesMin;
    throw error;
  }
}

/** Tells whether what is below a folder takes more than the limit, each entry at least 4 KiB; stops counting as soon as it does. */
export async function isLargerThan(folder: string, limitBytes: number): Promise<boolean> {
  let total = 0;
  const open: Buffer[] = [Buffer.from(folder)];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    try {
      for await (const { path: child, kind } of entriesOf(path)) {
        if (kind === 'folder') open.push(child);
        total += await bytesOf(child);
        if (total > limitBytes) return true;
      }
    } catch (error) {
      // A folder that vanishes while we look takes no space. What we may not look at could be of any size.
      if (!hasCode(error, 'ENOENT', 'ENOTDIR')) return true;
    }
  }
  return false;
}
