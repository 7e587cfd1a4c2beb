import { statfs } from 'node:fs/promises';
import { McError } from '../core/errors.ts';

/** Two files of the largest size that can be uploaded; with less, SQLite may go on for a while in its log, but tasks and files do not. */
const neededBytes = 8 * 1024 * 1024;

/** Throws `mc:store:full` when the file system of the file has next to no room for this user. */
export async function requireRoom(file: string): Promise<void> {
  const room = await statfs(file).catch(() => undefined); // A table in memory; what else is wrong with the file, its next write says.
  if (room !== undefined && room.blocks > 0 && room.bavail * room.bsize < neededBytes)
    throw new McError('mc:store:full', `less than ${neededBytes / 1024 / 1024} MB are free on the disk of the data folder`);
}
