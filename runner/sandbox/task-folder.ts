/**
 * The folder of one attempt on the host: the package module, the files of the read-only workspace and, where the sandbox has no file
 * system of its own for it, scratch. Nothing of one attempt is ever seen by another.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InvariantError, McError } from '../../shared/core/errors.ts';
import type { TaskSpec } from '../../shared/port/runner.ts';

export interface TaskFolder {
  readonly root: string;
  readonly entry: string;
  readonly workspace: string;
  readonly scratch: string;
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

/** Lays out a new folder below `base`; on any failure nothing stays behind. */
export async function makeTaskFolder(base: string, spec: Pick<TaskSpec, 'files' | 'package'>): Promise<TaskFolder> {
  for (const file of spec.files) assertInside(file.path);
  try {
    await mkdir(base, { recursive: true, mode: 0o700 });
    const root = await mkdtemp(join(base, 'task-'));
    const folder = { root, entry: join(root, 'package', 'index.mjs'), workspace: join(root, 'workspace'), scratch: join(root, 'scratch') };
    try {
      await Promise.all([dirname(folder.entry), folder.workspace, folder.scratch].map((path) => mkdir(path)));
      await writeFile(folder.entry, spec.package.entry);
      for (const file of spec.files) {
        const path = join(folder.workspace, file.path);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, file.bytes, { flag: 'wx' });
      }
      return folder;
    } catch (error) {
      await removeTaskFolder(folder);
      throw error;
    }
  } catch (error) {
    throw asFull(error);
  }
}

/** Removes everything of the attempt; a folder that is already gone is fine. */
export async function removeTaskFolder(folder: TaskFolder): Promise<void> {
  await rm(folder.root, { recursive: true, force: true });
}
