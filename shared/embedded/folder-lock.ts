import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { McError } from '../core/errors.ts';
import { makePrivateDatabase } from './data-folder.ts';
import { folderError } from './folder-error.ts';
import { systemErrorField } from './system-error.ts';

const sqliteBusy = 5;

/**
 * Takes a data folder for this process alone; throws `mc:host:data-dir-in-use` when another holds it. The lock is the operating system's (held by an
 * open SQLite transaction), so it ends with the process however that dies, and no stale lock file is ever left.
 */
export function lockFolder(folder: string): { release(): void } {
  const path = join(folder, 'lock.sqlite');
  makePrivateDatabase(path);
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { timeout: 0 });
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db?.close();
    if (systemErrorField(error, 'errcode') !== sqliteBusy) throw folderError(path, error);
    throw new McError('mc:host:data-dir-in-use', `another host uses the data folder ${folder}`, { cause: error });
  }
  const held = db;
  return { release: () => held.close() };
}
