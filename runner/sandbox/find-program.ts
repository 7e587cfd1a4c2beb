import { accessSync, constants } from 'node:fs';

/** Where a system keeps its own tools. PATH is not asked: whoever sets it could put another bwrap in front. */
const folders = ['/usr/bin', '/bin', '/usr/local/bin', '/usr/sbin', '/sbin', '/run/current-system/sw/bin'];

/** The absolute path of a system tool, or undefined when the machine does not have it. */
export function findProgram(name: string): string | undefined {
  return folders
    .map((folder) => `${folder}/${name}`)
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false; // Absent or not executable: the next folder may have it.
      }
    });
}
