import { spawn } from 'node:child_process';

interface CommandOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  timeoutMs: number;
  /** `quiet` shows output only when the command fails. */
  output: 'show' | 'quiet';
}

/** Runs a program to its end and answers its exit code; at its time limit it is ended together with what it started. */
export async function runCommand(program: string, args: readonly string[], options: CommandOptions): Promise<number> {
  const { env, cwd, timeoutMs, output } = options;
  const stdio = output === 'show' ? 'inherit' : 'pipe';
  const child = spawn(program, args, { env, cwd, stdio: ['ignore', stdio, stdio], detached: true });
  const kept: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => kept.push(chunk));
  const timer = setTimeout(() => endGroup(child.pid), timeoutMs);
  // Ctrl-C reaches only this process, because the child has a group of its own.
  const onExit = (): void => endGroup(child.pid);
  process.once('exit', onExit);
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status) => resolve(status ?? 1));
    });
    if (code !== 0) process.stderr.write(Buffer.concat(kept));
    return code;
  } finally {
    clearTimeout(timer);
    process.off('exit', onExit);
  }
}

/** Ends a process that was started as the leader of its own group, with everything in that group. */
export function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error; // Gone already is what was wanted.
  }
}
