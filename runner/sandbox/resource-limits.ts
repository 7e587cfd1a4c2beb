/** What the kernel holds a task to, by resource class. Each limit is the last wall behind one that reports better: heap, scratch, deadline. */
import type { ResourceClass } from '../../shared/manifest/manifest.ts';
import type { CommandLimits } from './isolation.ts';
import { dataLimitBytes } from './node-arguments.ts';

interface ClassLimits {
  /** Threads (and processes). Node 24 needs about 12, and hangs where it may have fewer than 16. */
  threads: number;
  /** Node opens about 25 files for itself. */
  openFiles: number;
  /** How many processors a task may keep busy on average until its deadline. */
  processors: number;
}

const byClass: Readonly<Record<ResourceClass, ClassLimits>> = {
  small: { threads: 32, openFiles: 256, processors: 1 },
  medium: { threads: 64, openFiles: 512, processors: 2 },
  large: { threads: 128, openFiles: 1_024, processors: 4 },
};

/** The start of Node and its compiler threads may take this much more than the task itself. */
const startCpuSeconds = 10;

/** Arguments of `prlimit` for an attempt. */
export function resourceLimits(limits: CommandLimits): string[] {
  const { threads, openFiles, processors } = byClass[limits.resourceClass];
  const cpuSeconds = Math.ceil(limits.timeoutMs / 1_000) * processors + startCpuSeconds;
  return [
    `--nproc=${threads}`,
    `--data=${dataLimitBytes(limits.memoryBytes)}`,
    `--fsize=${limits.scratchBytes}`,
    `--nofile=${openFiles}`,
    // Hard at once, which kills: the warning before it, SIGXCPU, does nothing to the first process of a namespace.
    `--cpu=${cpuSeconds}`,
    '--core=0',
    '--memlock=65536',
    '--msgqueue=0',
  ];
}
