/** Makes the names that were made, changed or removed in a folder stay so after a loss of power. */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { folderError } from './folder-error.ts';
import { systemErrorField } from './system-error.ts';

/** Some network file systems cannot; the files themselves are synced. */
function mustSync(path: string, error: unknown): void {
  if (systemErrorField(error, 'code') !== 'EINVAL') throw folderError(path, error);
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    mustSync(path, error);
  } finally {
    await folder.close();
  }
}

/** As syncFolder, for keys, which are written before anything else goes on. */
export function syncFolderNow(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } catch (error) {
    mustSync(path, error);
  } finally {
    closeSync(folder);
  }
}
