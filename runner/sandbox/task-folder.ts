/**
 * The folder of one attempt on the host: the package module, the files of the read-only workspace and, where the sandbox has no file
 * system of its own for it, scratch. Nothing of one attempt is ever seen by another.
 */
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InvariantError, McError } from '../../shared/core/errors.ts';
import type { TaskSpec } from '../../shared/port/runner.ts';
import { runsAsRoot } from './own-user.ts';

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
  const isFull = error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
  return isFull ? new McError('mc:store:full', 'There is no space left for the folder of a task.', { cause: error }) : error;
}

/** Lets the user that a task becomes read what is for it. The folder around stays ours alone, so nobody else comes so far. */
async function showToOthers({ entry, workspace, egress }: TaskFolder): Promise<void> {
  const files = await readdir(workspace, { withFileTypes: true, recursive: true });
  await Promise.all([
    ...[dirname(entry), workspace, egress].map((path) => chmod(path, 0o755)),
    chmod(entry, 0o644),
    ...files.map((file) => chmod(join(file.parentPath, file.name), file.isDirectory() ? 0o755 : 0o644)),
  ]);
}

/** Lays out a new folder below `base`; on any failure nothing stays behind. */
export async function makeTaskFolder(base: string, spec: Pick<TaskSpec, 'files' | 'package'>): Promise<TaskFolder> {
  for (const file of spec.files) assertInside(file.path);
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
      await Promise.all([dirname(folder.entry), folder.workspace, folder.scratch, folder.egress].map((path) => mkdir(path)));
      await writeFile(folder.entry, spec.package.entry);
      for (const file of spec.files) {
        const path = join(folder.workspace, file.path);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, file.bytes, { flag: 'wx' });
      }
      if (runsAsRoot()) await showToOthers(folder);
      return folder;
    } catch (error) {
      await removeTaskFolder(folder);
      throw error;
    }
  } catch (error) {
    throw asFull(error);
  }
}

/** Gives ourselves back what a task may have taken away: a folder in scratch that not even its owner may look into. */
async function unlock(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries) if (entry.isDirectory()) await unlock(join(folder, entry.name));
}

async function remove(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'ENOTEMPTY'))) throw error;
    await unlock(folder);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes everything of the attempt; a folder that is already gone is fine. */
export async function removeTaskFolder(folder: TaskFolder): Promise<void> {
  await remove(folder.root);
}

/** Removes what a killed host left below `base`: its tasks died with it. */
export async function removeLeftFolders(base: string): Promise<void> {
  try {
    await mkdir(base, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw asFull(error);
  }
  const names = (await readdir(base)).filter((name) => name.startsWith(prefix));
  await Promise.all(names.map((name) => remove(join(base, name))));
}
