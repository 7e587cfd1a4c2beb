/**
 * How a backup folder is laid out: `objects/` has the stored bytes of blobs by their digest, shared by all backups; `backups/<id>/` has one backup, which
 * appears whole or not at all. `home.json` says whose backups they are.
 */
import { lstatSync, readdirSync, readFileSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { hexOf, type Digest } from '../../core/digest.ts';
import { McError } from '../../core/errors.ts';
import { idSchema, type Id } from '../../core/id.ts';
import { folderError } from '../folder-error.ts';
import { makeFolders } from '../make-folders.ts';
import { systemErrorField } from '../system-error.ts';

/** Names of the files of one backup. */
export const backupFiles = {
  table: 'table.sqlite',
  blobs: 'blobs.ndjson',
  keys: 'keys.json',
  /** Written last; what has none is no backup. */
  statement: 'backup.sigstore.json',
} as const;

/** Whose backups a folder holds. */
const HomeMark = z.strictObject({ format: z.literal(1), log: z.string() });

const BackupId = idSchema('bak');
const namesAtTop = ['home.json', 'objects', 'backups', 'lock.sqlite', 'lock.sqlite-journal'];

export const objectsIn = (folder: string): string => join(folder, 'objects');
export const backupsIn = (folder: string): string => join(folder, 'backups');
export const backupIn = (folder: string, id: Id<'bak'>): string => join(backupsIn(folder), id);
/** A draft has a name that no backup has; only the one who holds the lock of the folder writes one. */
export const draftIn = (folder: string): string => join(backupsIn(folder), 'draft');
export const markIn = (folder: string): string => join(folder, 'home.json');

/** Where an object lies, within the folder of objects. */
export function objectPath(folder: string, digest: Digest): string {
  const hex = hexOf(digest);
  return join(objectsIn(folder), hex.slice(0, 2), hex);
}

/** Makes a private folder, and takes one that is there. */
export function makeFolder(path: string): void {
  try {
    makeFolders(path, 0o700);
  } catch (error) {
    throw folderError(path, error);
  }
}

/** What lies at a path, without following links; undefined when nothing does. */
export function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (systemErrorField(error, 'code') === 'ENOENT' || systemErrorField(error, 'code') === 'ENOTDIR') return undefined;
    throw folderError(path, error);
  }
}

/** The names in a folder in order; none when there is no folder. */
export function namesIn(path: string): string[] {
  try {
    return readdirSync(path).toSorted();
  } catch (error) {
    if (systemErrorField(error, 'code') === 'ENOENT') return [];
    throw folderError(path, error);
  }
}

/** Backups of a folder, the oldest first. Throws `mc:backup:not-found` for a folder that holds none, `mc:backup:invalid` for one with something else in it. */
export function listBackups(folder: string): Id<'bak'>[] {
  const mark = lookAt(markIn(folder));
  if (!mark) throw new McError('mc:backup:not-found', `${folder} holds no backups: there is no ${markIn(folder)}`);
  const strange = namesIn(folder).find((name) => !namesAtTop.includes(name));
  if (strange !== undefined) throw new McError('mc:backup:invalid', `${join(folder, strange)} does not belong into a folder of backups`);
  return namesIn(backupsIn(folder)).flatMap((name) => {
    const id = BackupId.safeParse(name);
    return id.success ? [id.data] : [];
  });
}

/** Whose backups the folder holds; undefined for a folder without a mark. */
export function readMark(folder: string): z.infer<typeof HomeMark> | undefined {
  if (!lookAt(markIn(folder))) return undefined;
  try {
    return HomeMark.parse(JSON.parse(readFileSync(markIn(folder), 'utf8')));
  } catch (cause) {
    throw new McError('mc:backup:invalid', `${markIn(folder)} is not what a backup writes there`, { cause });
  }
}
