import { renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { McError } from '../shared/core/errors.ts';
import { makeFolders } from '../shared/embedded/make-folders.ts';
import { errnoOf } from './errno.ts';
import { reasonOf } from './workflow-source.ts';

/** Writes beside the target and renames, so that a full disk never leaves half a file under the final name. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const partial = join(dirname(path), `.${basename(path)}.${String(process.pid)}.part`);
  try {
    writeFileSync(partial, content);
    renameSync(partial, path);
  } catch (error) {
    throw new McError('mc:cli:file-unreadable', `${path} cannot be written: ${reasonOf(error)}.`, { cause: error });
  }
}

/** Creates a file and its folders; an existing file is never touched. */
export function writeNew(path: string, content: string): void {
  try {
    makeFolders(dirname(path));
    writeFileSync(path, content, { flag: 'wx' });
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') {
      throw new McError('mc:cli:file-exists', `${path} exists and is left as it is.`, { cause: error });
    }
    throw new McError('mc:cli:file-unreadable', `${path} cannot be written: ${reasonOf(error)}.`, { cause: error });
  }
}
