/** What the kernel holds a task to, by resource class. Each limit is the last wall behind one that reports better: heap, scratch, deadline. */
import { classLimits } from '../../shared/core/class-limits.ts';
import type { CommandLimits } from './isolation.ts';
import { dataLimitBytes } from './node-arguments.ts';

/** The start of Node and its compiler threads may take this much more than the task itself. */
const startCpuSeconds = 10;

/** Seconds of processor time after which the kernel ends an attempt: the only limit of the kernel that hangs on its deadline. */
export function processorSeconds({ resourceClass, timeoutMs }: Pick<CommandLimits, 'resourceClass' | 'timeoutMs'>): number {
  return Math.ceil(timeoutMs / 1_000) * classLimits[resourceClass].processors + startCpuSeconds;
}

/** Arguments of `prlimit` for an attempt. */
export function resourceLimits(limits: CommandLimits): string[] {
  const { threads, openFiles } = classLimits[limits.resourceClass];
  return [
    `--nproc=${threads}`,
    `--data=${dataLimitBytes(limits.memoryBytes)}`,
    `--fsize=${limits.scratchBytes}`,
    `--nofile=${openFiles}`,
    // Hard at once, which kills: the warning before it, SIGXCPU, does nothing to the first process of a namespace.
    `--cpu=${processorSeconds(limits)}`,
    '--core=0',
    '--memlock=65536',
    '--msgqueue=0',
  ];
}
