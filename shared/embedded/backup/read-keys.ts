import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { McError } from '../../core/errors.ts';
import { folderError } from '../folder-error.ts';
import { lookAt, namesIn } from './backup-folder.ts';
import type { KeyFiles } from './sealed-keys.ts';

/** A key file has a few hundred bytes; what is much larger is no key. */
const maxKeyBytes = 256 * 1024;

/** Every key file of a folder; drafts of keys are none. Throws `mc:backup:keys` for a folder without keys, or with something else in it. */
export function readKeys(folder: string): KeyFiles {
  const names = namesIn(folder).filter((name) => !/\.(draft|tmp)$/.test(name));
  if (names.length === 0) throw new McError('mc:backup:keys', `there are no keys in ${folder}`);
  return new Map(
    names.map((name) => {
      const path = join(folder, name);
      const found = lookAt(path);
      if (!found?.isFile() || found.size > maxKeyBytes) throw new McError('mc:backup:keys', `${path} is not a file with a key`);
      try {
        return [name, readFileSync(path)];
      } catch (error) {
        throw folderError(path, error);
      }
    }),
  );
}
