import { readdir, lstat } from 'node:fs/promises';
import { join } from 'node:path';

/** What vanishes while we look takes no space. */
const isGone = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** Tells whether the files below a folder take more than the limit; stops counting as soon as they do. */
export async function isLargerThan(folder: string, limitBytes: number): Promise<boolean> {
  let total = 0;
  const open = [folder];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => (isGone(error) ? [] : undefined));
    // What we may not look at could be of any size.
    if (entries === undefined) return true;
    for (const entry of entries) {
      const child = join(path, entry.name);
      if (entry.isDirectory()) open.push(child);
      total += await lstat(child).then(
        (stat) => stat.blocks * 512,
        () => 0,
      );
      if (total > limitBytes) return true;
    }
  }
  return false;
}
