import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';

/**
 * The environment of a thread of ours: nothing of the process's own but where compiled programs are kept, if anywhere. A thread whose program does not come compiled loads a
 * compiler of its own, which takes some 18 MB.
 */
export function threadEnvironment(): Record<string, string> {
  const folder = getCompileCacheDir();
  // Of one version of Node; the variable takes the folder of all of them.
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}
