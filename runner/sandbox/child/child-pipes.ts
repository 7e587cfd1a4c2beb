/** The descriptors between the home and a child: what each is for, and the ends on our side. */
import type { ChildProcess, StdioOptions } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import type { Command } from '../isolation.ts';

export interface ChildPipes {
  /** The request, and after it a wish to cancel. */
  control: Duplex;
  answer: Readable;
  /** Where the program around the sandbox says which process is the first inside; null without one. */
  status: Readable | null;
  /** Where that program reads the system call filter. */
  filter: Duplex | undefined;
}

/** The descriptors that a command gets. */
export function stdioOf({ reportsPid, filter }: Command): StdioOptions {
  // A task that could write to the status descriptor could have us kill any process, so it exists only where bubblewrap keeps it to itself.
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', reportsPid ? 'pipe' : 'ignore'];
  if (filter !== undefined) stdio.push('pipe');
  return stdio;
}

/** The pipes of a child that was started with these; the type of ChildProcess cannot say so. */
export function pipesOf(child: ChildProcess): ChildPipes {
  const pipes: readonly unknown[] = child.stdio;
  return {
    control: pipes[3] as Duplex,
    answer: pipes[4] as Readable,
    status: pipes[5] as Readable | null,
    filter: pipes[6] as Duplex | undefined,
  };
}
