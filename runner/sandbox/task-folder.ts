/**
 * The folder of one attempt on the host: the package module, the files of the read-only workspace and, where the sandbox has no file
 * system of its own for it, scratch. It may be bound into a sandbox while it is empty and filled later. Nothing of one attempt is ever seen by another.
 */
import { chmod, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InvariantError, McError } from '../../shared/core/errors.ts';
import type { Logger } from '../../shared/port/logger.ts';
import type { TaskSpec } from '../../shared/port/runner.ts';
import { runsAsRoot } from './own-user.ts';
import { hasCode } from './scratch/has-code.ts';
import { removeFolder } from './scratch/remove-folder.ts';

const prefix = 'task-';

export interface TaskFolder {
  readonly root: string;
  readonly entry: string;
  readonly workspace: string;
  readonly scratch: string;
  /** Holds the socket of the egress proxy, and nothing without one. */
  readonly egress: string;
}

/** Where the egress proxy of this attempt listens. */
export function egressSocket(folder: Pick<TaskFolder, 'egress'>): string {
  return join(folder.egress, 'proxy.sock');
}

function assertInside(path: string): void {
  const parts = path.split('/');
  if (path.startsWith('/') || path.includes('\0') || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new InvariantError(`a workspace file may not be called ${JSON.stringify(path)}`);
  }
}

function asFull(error: unknown): unknown {
  return hasCode(error, 'ENOSPC', 'EDQUOT')
    ? new McError('mc:store:full', 'There is no space left for the folder of a task.', { cause: error })
    : error;
}

/** What is shown read-only to the task; the folder around stays ours alone, so nobody else comes so far. */
const shownFolders = ({ entry, workspace, egress }: TaskFolder): string[] => [dirname(entry), workspace, egress];

/** Makes a new folder below `base` in which nothing is yet; on any failure nothing stays behind. */
export async function makeEmptyTaskFolder(base: string): Promise<TaskFolder> {
  try {
    await mkdir(base, { recursive: true, mode: 0o700 });
    const root = await mkdtemp(join(base, prefix));
    const folder: TaskFolder = {
      root,
      entry: join(root, 'package', 'index.mjs'),
      workspace: join(root, 'workspace'),
      scratch: join(root, 'scratch'),
      egress: join(root, 'egress'),
    };
    try {
      const shown = shownFolders(folder);
      await Promise.all([...shown, folder.scratch].map((path) => mkdir(path)));
      // The user that a task becomes may be another one.
      if (runsAsRoot()) await Promise.all(shown.map((path) => chmod(path, 0o755)));
      return folder;
    } catch (error) {
      await removeTaskFolder(folder);
      throw error;
    }
  } catch (error) {
    throw asFull(error);
  }
}

/** A file that was not there before. The mode is set after it was made, because the mask of the process (umask) takes from what it is made with. */
async function addFile(path: string, bytes: Uint8Array): Promise<void> {
  await writeFile(path, bytes, { flag: 'wx' });
  if (runsAsRoot()) await chmod(path, 0o644);
}

async function addWorkspaceFile(workspace: string, file: TaskSpec['files'][number]): Promise<void> {
  let folder = workspace;
  for (const part of file.path.split('/').slice(0, -1)) {
    folder = join(folder, part);
    await mkdir(folder, { recursive: true });
    if (runsAsRoot()) await chmod(folder, 0o755);
  }
  await addFile(join(workspace, file.path), file.bytes);
}

/** Throws when a file is not what was written to it: the module was verified in memory, and what runs is the file. */
export async function assertHolds(path: string, bytes: Uint8Array): Promise<void> {
  if (Buffer.compare(await readFile(path), bytes) !== 0)
    throw new McError('mc:package:untrusted', `The module of a task was changed before it ran: ${path} does not hold what was verified.`);
}

/** Puts package and files of an attempt into a folder that is empty so far. A file that is already there is an error, never used. */
export async function fillTaskFolder(folder: TaskFolder, spec: Pick<TaskSpec, 'files' | 'package'>): Promise<void> {
  for (const file of spec.files) assertInside(file.path);
  try {
    await addFile(folder.entry, spec.package.entry);
    for (const file of spec.files) await addWorkspaceFile(folder.workspace, file);
    await assertHolds(folder.entry, spec.package.entry);
  } catch (error) {
    throw asFull(error);
  }
}

/** Lays out a new folder below `base` for an attempt; on any failure nothing stays behind. */
export async function makeTaskFolder(base: string, spec: Pick<TaskSpec, 'files' | 'package'>): Promise<TaskFolder> {
  const folder = await makeEmptyTaskFolder(base);
  try {
    await fillTaskFolder(folder, spec);
    return folder;
  } catch (error) {
    await removeTaskFolder(folder);
    throw error;
  }
}

/** Told of what could not be removed. */
export type RemovalLog = Pick<Logger, 'warn'>;

/** Never rejects: an attempt has ended as it ended, and a home starts, whatever its tasks left. The next start tries again. */
async function remove(path: string, logger: RemovalLog | undefined): Promise<void> {
  try {
    await removeFolder(path);
  } catch (error) {
    logger?.warn('the folder of a task could not be removed; the next start tries again', { folder: path, error });
  }
}

/** Removes everything of the attempt; a folder that is already gone is fine. What cannot be removed is logged, and removed at the next start. */
export async function removeTaskFolder(folder: TaskFolder, logger?: RemovalLog): Promise<void> {
  await remove(folder.root, logger);
}

/** Removes what a killed host left below `base`: its tasks died with it. What cannot be removed is logged and stays. */
export async function removeLeftFolders(base: string, logger?: RemovalLog): Promise<void> {
  try {
    await mkdir(base, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw asFull(error);
  }
  for (const name of await readdir(base)) if (name.startsWith(prefix)) await remove(join(base, name), logger);
}
