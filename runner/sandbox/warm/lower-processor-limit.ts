import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { findProgram } from '../find-program.ts';

/** It takes some 3 ms. */
const timeoutMs = 2_000;

/** The user of a process, as the kernel says it. */
async function userOf(pid: number): Promise<string> {
  const [, user = ''] = /^Uid:\t(\d+)\t/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return user;
}

/** Root may not change limits of others in every container (CAP_SYS_RESOURCE), but everybody may change their own: so it is done as that user. */
function asUser(user: string): string[] {
  const setpriv = findProgram('setpriv');
  if (user === String(process.getuid?.()) || setpriv === undefined) return [];
  return [
    setpriv,
    `--reuid=${user}`,
    `--regid=${user}`,
    '--clear-groups',
    '--inh-caps=-all',
    '--bounding-set=-all',
    '--no-new-privs',
    '--',
  ];
}

/** Lowers the seconds of processor time that the kernel gives to a process for good. False when that could not be done. */
export async function lowerProcessorLimit(pid: number, seconds: number): Promise<boolean> {
  const prlimit = findProgram('prlimit');
  if (prlimit === undefined) return false;
  try {
    const [program = prlimit, ...args] = [...asUser(await userOf(pid)), prlimit, `--pid=${pid}`, `--cpu=${seconds}:${seconds}`];
    await promisify(execFile)(program, args, { timeout: timeoutMs, env: {} });
    return true;
  } catch {
    return false; // The process is gone, or belongs to somebody else by now.
  }
}
