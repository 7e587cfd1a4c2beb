import { renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { folderError } from '../../shared/embedded/folder-error.ts';
import { makeFolders } from '../../shared/embedded/make-folders.ts';

/** Writes a file that only this user can read; a reader sees the old or the new content, never half of it. */
export function writePrivateFile(path: string, text: string): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    makeFolders(dirname(path), 0o700);
    writeFileSync(draft, text, { mode: 0o600 });
    renameSync(draft, path);
  } catch (error) {
    throw folderError(path, error);
  }
}
