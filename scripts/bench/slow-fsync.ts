/**
 * A slower disk for a benchmark: every fsync and fdatasync of a program and of all it starts takes longer by the given time (slow-fsync.c says how).
 * Compiled when it is needed, with the C compiler of the machine.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Command {
  program: string;
  args: string[];
}

export interface SlowFsync {
  delayMs: number;
  /** The command that runs this one with slow syncs; for child_process.fork they are `execPath` and `execArgv`. */
  wrap(command: Command): Command;
  /** How many syncs were held back until now. */
  syncs(): number;
  /** Call it when all that was started has ended. */
  dispose(): void;
}

/** Slow syncs, or why they cannot be had here: no compiler, or a kernel or container that does not let a program hold the calls of another. */
export function slowFsync(delayMs: number, compiler = 'cc'): SlowFsync | { missing: string } {
  const folder = mkdtempSync(join(tmpdir(), 'mc-slow-fsync-'));
  const dispose = (): void => rmSync(folder, { recursive: true, force: true });
  const program = join(folder, 'slow-fsync');
  const counter = join(folder, 'syncs');
  const source = fileURLToPath(new URL('slow-fsync.c', import.meta.url));
  const compiled = spawnSync(compiler, ['-O2', '-o', program, source], { encoding: 'utf8' });
  if (compiled.status !== 0) {
    dispose();
    return {
      missing: compiled.error
        ? `there is no C compiler (${compiler})`
        : `${compiler} does not compile slow-fsync.c: ${compiled.stderr.trim()}`,
    };
  }
  writeFileSync(counter, Buffer.alloc(8));
  // A database server that refuses to be root runs it as another user.
  chmodSync(folder, 0o755);
  chmodSync(counter, 0o666);
  const wrap = (command: Command): Command => ({
    program,
    args: [String(Math.round(delayMs * 1_000)), counter, command.program, ...command.args],
  });
  const tried = wrap({ program: 'true', args: [] });
  const { status, stderr } = spawnSync(tried.program, tried.args, { encoding: 'utf8' });
  if (status !== 0) {
    dispose();
    return { missing: stderr.trim() };
  }
  return { delayMs, wrap, syncs: () => Number(readFileSync(counter).readBigUInt64LE()), dispose };
}
