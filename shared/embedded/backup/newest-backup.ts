import { decodeTime } from 'ulid';
import { McError } from '../../core/errors.ts';
import { listBackups, readMark } from './backup-folder.ts';

/** About when the newest whole backup of a folder was made, in milliseconds since the Unix epoch; undefined when there is none. */
export function newestBackupAt(folder: string): number | undefined {
  try {
    const newest = readMark(folder) && listBackups(folder).at(-1);
    return newest === undefined ? undefined : decodeTime(newest.slice('bak_'.length));
  } catch (error) {
    // The backup that is tried says what is wrong with the folder.
    if (error instanceof McError) return undefined;
    throw error;
  }
}
