/**
 * The pointer by which the command line finds a home that was started with a data folder of its own: a file in the default data folder that
 * names the folder in use and the process that uses it.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { defaultDataDir } from '../data-dir.ts';
import { writePrivateFile } from './private-file.ts';

const Pointer = z.object({ dataDir: z.string(), pid: z.int().positive() });

function pointerFile(env: NodeJS.ProcessEnv): string {
  const { MC_DATA_DIR: _, ...machine } = env; // Both sides must look in the same place, whatever their shells say.
  return join(defaultDataDir(machine), 'running-home.json');
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EPERM';
  }
}

function readPointer(env: NodeJS.ProcessEnv): z.infer<typeof Pointer> | undefined {
  try {
    return Pointer.parse(JSON.parse(readFileSync(pointerFile(env), 'utf8')));
  } catch {
    return undefined; // Absent or damaged: there is no running home to point to, and the next start writes it anew.
  }
}

/** The data folder of the home that runs on this machine, unless MC_DATA_DIR already names one. */
export function runningDataDir(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env['MC_DATA_DIR']) return undefined;
  const pointer = readPointer(env);
  return pointer && isAlive(pointer.pid) ? pointer.dataDir : undefined;
}

export function writePointer(dataDir: string, env: NodeJS.ProcessEnv = process.env): void {
  writePrivateFile(pointerFile(env), `${JSON.stringify({ dataDir, pid: process.pid })}\n`);
}

/** Takes the pointer away, unless another home has put its own there. */
export function clearPointer(env: NodeJS.ProcessEnv = process.env): void {
  if (readPointer(env)?.pid === process.pid) rmSync(pointerFile(env), { force: true });
}
