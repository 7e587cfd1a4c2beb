/** The file of the wrapping keys: mode 0600, replaced whole or not at all. */
import { hash, randomBytes } from 'node:crypto';
import { closeSync, constants, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { McError } from '../../core/errors.ts';
import { folderError } from '../folder-error.ts';
import { makeFolders } from '../make-folders.ts';
import { syncFolderNow } from '../sync-folder.ts';

const keyBytes = 32;
/** Nobody keeps so many; each of them would have been retired after its rotation. */
const mostKeys = 100;
/** Characters of the name of a key: enough that two never have the same. */
const idDigits = 16;

const RingKey = z.strictObject({
  id: z.string(),
  key: z.base64().refine((text) => Buffer.from(text, 'base64').byteLength === keyBytes, 'a wrapping key has 256 bits'),
});
const Ring = z.strictObject({ schema: z.literal('mc.wrapping-keys.v1'), keys: z.array(RingKey).min(1).max(mostKeys) });

/** A wrapping key as the file holds it. */
export type RingKey = z.infer<typeof RingKey>;

/** A new random key, named by its own digest. */
export function newRingKey(): RingKey {
  const key = randomBytes(keyBytes);
  const id = `wrap-${hash('sha256', Buffer.concat([Buffer.from('maestro wrapping key\n'), key]), 'hex').slice(0, idDigits)}`;
  return { id, key: key.toString('base64') };
}

/** The keys in the file, oldest first, or undefined when there is no file. Throws `mc:key:unreadable` for one that others may read or that is damaged. */
export function readRing(path: string): readonly RingKey[] | undefined {
  let text: string;
  let othersMayRead: boolean;
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    othersMayRead = (stats.mode & (constants.S_IRWXG | constants.S_IRWXO)) !== 0 && process.platform !== 'win32';
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new McError('mc:key:unreadable', `the key file ${path} cannot be read: ${cause instanceof Error ? cause.message : ''}`, {
      cause,
    });
  }
  if (othersMayRead) throw new McError('mc:key:unreadable', `others may read the key file ${path}; it must have mode 0600`);
  try {
    return Ring.parse(JSON.parse(text)).keys;
  } catch {
    // What the parser says would quote the file.
    throw new McError('mc:key:unreadable', `the key file ${path} holds no wrapping keys`);
  }
}

/** Puts these keys in the place of the file; durable when it returns, and after a crash the file is the old one or the new one. */
export function writeRing(path: string, keys: readonly RingKey[]): void {
  const beside = `${path}.new`;
  try {
    makeFolders(dirname(path), 0o700);
    // Left by a crash; only one process has the data folder.
    rmSync(beside, { force: true });
    const file = openSync(beside, 'wx', 0o600);
    try {
      writeFileSync(file, JSON.stringify({ schema: 'mc.wrapping-keys.v1', keys }));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, path);
    syncFolderNow(dirname(path));
  } catch (error) {
    throw folderError(path, error);
  }
}
