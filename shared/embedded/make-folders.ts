import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemErrorField } from './system-error.ts';

/**
 * Makes a folder and those above it that are missing, and takes one that is there. Node's own, with `recursive`, tries for ever where there is a folder that takes
 * none: in a mount whose source was removed, and below `/proc`. Throws the system's error, `ENOENT` for those.
 */
export function makeFolders(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    const code = systemErrorField(error, 'code');
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
    if (code !== 'ENOENT' || existsSync(dirname(path))) throw error;
    makeFolders(dirname(path), mode);
    mkdirSync(path, { mode });
  }
}
