import { chmodSync, closeSync, openSync, statSync } from 'node:fs';
import { McError } from '../core/errors.ts';
import { folderError } from './folder-error.ts';
import { makeFolders } from './make-folders.ts';
import { systemErrorField } from './system-error.ts';

const others = 0o077;

/**
 * Makes the data folder, or takes one that is there and that nobody but this user may enter: it holds keys and the data of every tenant.
 * Throws `mc:host:data-dir-open` or `mc:host:data-dir-unusable`.
 */
export function openDataFolder(path: string): void {
  let mode: number;
  try {
    makeFolders(path, 0o700);
    mode = statSync(path).mode & 0o7777;
  } catch (error) {
    throw folderError(path, error);
  }
  // A folder that was made for others may have been entered already, so it is not closed in silence. Windows has no such modes.
  if ((mode & others) === 0 || process.platform === 'win32') return;
  const found = `0${mode.toString(8)}`;
  throw new McError(
    'mc:host:data-dir-open',
    `the data folder ${path} has mode ${found}, so other users may enter it; allowed is 0700: chmod 700 '${path.replaceAll("'", `'\\''`)}'`,
  );
}

/** Makes an SQLite file that only this user may read, whatever the umask; SQLite gives its mode to the files it puts beside. */
export function makePrivateDatabase(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (systemErrorField(error, 'code') !== 'EEXIST') throw folderError(path, error);
    // By name and not through a descriptor: closing one would drop the locks that this process may hold on the file.
    for (const file of [path, `${path}-wal`, `${path}-shm`]) closeToOthers(file);
  }
}

function closeToOthers(file: string): void {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode;
  if (mode !== undefined && (mode & others) !== 0) chmodSync(file, 0o600);
}
