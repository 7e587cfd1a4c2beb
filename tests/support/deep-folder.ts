/** Folders deeper than a path may be long. Made as a task makes them: each part within the length, then one moved below the other. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A path may have 4,096 bytes on Linux. */
const partBytes = 3_900;
const name = 'd'.repeat(200);

function chain(top: string): string {
  let path = top;
  while (path.length + name.length < partBytes) path = join(path, name);
  mkdirSync(path, { recursive: true });
  return path;
}

/** Fills the folder with a path of some `parts` × 3,900 bytes, and a file at its end. */
export function makeDeep(folder: string, parts: number): void {
  writeFileSync(join(chain(join(folder, 'deep')), 'file'), 'x');
  for (let part = 1; part < parts; part += 1) {
    const above = chain(join(folder, 'above'));
    renameSync(join(folder, 'deep'), join(above, 'below'));
    renameSync(join(folder, 'above'), join(folder, 'deep'));
  }
}
