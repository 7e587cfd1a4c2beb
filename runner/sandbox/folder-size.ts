import { readdir, lstat } from 'node:fs/promises';
import { join } from 'node:path';

/** Tells whether the files below a folder take more than the limit; stops counting as soon as they do. */
export async function isLargerThan(folder: string, limitBytes: number): Promise<boolean> {
  let total = 0;
  const open = [folder];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    // What vanishes while we look takes no space.
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
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
