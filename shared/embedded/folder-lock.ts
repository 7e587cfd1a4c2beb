import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { McError } from '../core/errors.ts';
import { systemErrorField } from './system-error.ts';

const sqliteBusy = 5;

/**
 * Takes a data folder for this process alone; throws `mc:host:data-dir-in-use` when another holds it. The lock is the operating system's (held by an
 * open SQLite transaction), so it ends with the process however that dies, and no stale lock file is ever left.
 */
export function lockFolder(folder: string): { release(): void } {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const db = new DatabaseSync(join(folder, 'lock.sqlite'), { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (systemErrorField(error, 'errcode') !== sqliteBusy) throw error;
    throw new McError('mc:host:data-dir-in-use', `another host uses the data folder ${folder}`, { cause: error });
  }
  return { release: () => db.close() };
}
