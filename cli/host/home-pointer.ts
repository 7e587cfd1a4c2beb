/**
 * The pointers by which the command line finds homes that were started with a data folder of their own: one file for each running home, in the
 * default data folder. No home touches the file of another one that runs, so when the newest stops, the one before it is found again.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { defaultDataDir } from '../data-dir.ts';
import { errnoOf } from '../errno.ts';
import { writePrivateFile } from './private-file.ts';

const Pointer = z.object({
  dataDir: z.string(),
  pid: z.int().positive(),
  /** Milliseconds since the Unix epoch. */
  startedAt: z.number(),
});
type Pointer = z.infer<typeof Pointer>;

function pointerFolder(env: NodeJS.ProcessEnv): string {
  const { MC_DATA_DIR: _, ...machine } = env; // Both sides must look in the same place, whatever their shells say.
  return join(defaultDataDir(machine), 'running-homes');
}

const pointerFile = (env: NodeJS.ProcessEnv, pid: number): string => join(pointerFolder(env), `${pid}.json`);

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

function readPointer(path: string): Pointer | undefined {
  try {
    return Pointer.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined; // Gone in this moment, or damaged: it points to nothing.
  }
}

/** Every pointer whose process lives. */
function livePointers(env: NodeJS.ProcessEnv): Pointer[] {
  return pointerNames(env)
    .map((name) => readPointer(join(pointerFolder(env), name)))
    .filter((pointer) => pointer !== undefined)
    .filter(({ pid }) => isAlive(pid));
}

function pointerNames(env: NodeJS.ProcessEnv): string[] {
  try {
    return readdirSync(pointerFolder(env)).filter((name) => /^\d+\.json$/.test(name));
  } catch {
    return []; // No home was ever started here, or nobody may look: then none is known.
  }
}

/** The data folder of the home of this user that was started last and still runs, unless MC_DATA_DIR already names one. */
export function runningDataDir(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env['MC_DATA_DIR']) return undefined;
  return livePointers(env).toSorted((a, b) => b.startedAt - a.startedAt)[0]?.dataDir;
}

/** Points to the home of this process, and takes away what killed homes have left. */
export function writePointer(dataDir: string, env: NodeJS.ProcessEnv = process.env): void {
  for (const name of pointerNames(env)) if (!isAlive(Number.parseInt(name, 10))) rmSync(join(pointerFolder(env), name), { force: true });
  const pointer: Pointer = { dataDir, pid: process.pid, startedAt: Date.now() };
  writePrivateFile(pointerFile(env, process.pid), `${JSON.stringify(pointer)}\n`);
}

/** Takes the pointer to the home of this process away. */
export function clearPointer(env: NodeJS.ProcessEnv = process.env): void {
  rmSync(pointerFile(env, process.pid), { force: true });
}
