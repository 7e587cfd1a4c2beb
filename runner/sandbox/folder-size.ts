import { readdir, lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from './scratch/has-code.ts';

/** What an entry takes at least: an empty file is a name and an inode, and whoever removes it has to look at it. */
const entryBytesMin = 4_096;

/** Tells whether what is below a folder takes more than the limit, each entry at least 4 KiB; stops counting as soon as it does. */
export async function isLargerThan(folder: string, limitBytes: number): Promise<boolean> {
  let total = 0;
  const open = [folder];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    // What vanishes while we look takes no space.
    const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => (hasCode(error, 'ENOENT') ? [] : undefined));
    // What we may not look at could be of any size.
    if (entries === undefined) return true;
    for (const entry of entries) {
      const child = join(path, entry.name);
      if (entry.isDirectory()) open.push(child);
      total += await lstat(child).then(
        (stat) => Math.max(stat.blocks * 512, entryBytesMin),
        () => 0,
      );
      if (total > limitBytes) return true;
    }
  }
  return false;
}
