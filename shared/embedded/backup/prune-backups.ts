import { readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readBlobList } from '../../backup/blob-list.ts';
import { hexOf } from '../../core/digest.ts';
import { backupFiles, backupIn, draftIn, listBackups, namesIn, objectsIn } from './backup-folder.ts';

/**
 * Takes all but the newest backups away, and then the objects that none of the kept ones names. The caller holds the lock of the folder. Throws
 * `mc:backup:invalid` when a kept backup cannot be read, before an object is touched. Answers how many backups went.
 */
export function pruneBackups(folder: string, keep: number): number {
  const all = listBackups(folder);
  const gone = all.slice(0, Math.max(0, all.length - keep));
  for (const id of gone) {
    // Out of sight at once: a backup is whole, or it is not there.
    rmSync(draftIn(folder), { recursive: true, force: true });
    renameSync(backupIn(folder, id), draftIn(folder));
    rmSync(draftIn(folder), { recursive: true });
  }
  if (gone.length > 0) removeUnnamed(folder);
  return gone.length;
}

function removeUnnamed(folder: string): void {
  const named = new Set<string>();
  for (const id of listBackups(folder))
    for (const { digest } of readBlobList(readFileSync(join(backupIn(folder, id), backupFiles.blobs), 'utf8'))) named.add(hexOf(digest));
  for (const part of namesIn(objectsIn(folder)))
    for (const name of namesIn(join(objectsIn(folder), part))) if (!named.has(name)) rmSync(join(objectsIn(folder), part, name));
}
