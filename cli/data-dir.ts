import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where the embedded home of this user keeps its data unless told otherwise (XDG Base Directory Specification). */
export function defaultDataDir(env: NodeJS.ProcessEnv = process.env): string {
  if (env['MC_DATA_DIR']) return resolve(env['MC_DATA_DIR']);
  return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'maestro-conductor');
}

/** The file by which a running home tells the command line of the same user its URL and token. */
export function loginFile(dataDir: string): string {
  return join(dataDir, 'login.json');
}
