/** The walls that a pod and a Fargate task have in common, in numbers. */
import { classLimits } from '../core/class-limits.ts';
import type { ResourceClass } from '../core/resource-class.ts';

const mebibyte = 1024 * 1024;

/** Node and the runner around the task take about 100 MiB; the kernel counts pages of files that they read as well. */
const runnerMemoryBytes = 256 * mebibyte;

/** Log lines wait on the platform's disk until they are collected (4 MiB an attempt at most), and the runner writes a little too. */
const ownStorageBytes = 32 * mebibyte;

/** An image may have to be pulled and unpacked before the task's own time begins. */
const startSeconds = 120;

/** Nobody's user: above what images hand out, and in every limit of the kernel a user like any other. */
export const containerUser = 10_001;

/** Where the one folder is that can be written to. */
export const scratchPath = '/scratch';

/** The platform's own end of a container that was asked to stop; a task has no right to say goodbye. */
export const stopSeconds = 2;

export interface ContainerSize {
  processors: number;
  memoryBytes: number;
  scratchBytes: number;
  /** Scratch and what the runner itself writes. */
  storageBytes: number;
}

/** How large a container of this class is: the task's limits and room for the runner around it. */
export function containerSize(resourceClass: ResourceClass): ContainerSize {
  const { processors, memoryBytes, scratchBytes } = classLimits[resourceClass];
  return { processors, memoryBytes: memoryBytes + runnerMemoryBytes, scratchBytes, storageBytes: scratchBytes + ownStorageBytes };
}

/**
 * The program of a container, behind the limits for which platforms have no words. They are set before the first line of the runner,
 * and neither it nor the task can raise them again.
 */
export function limitedRunner(resourceClass: ResourceClass): string[] {
  const { threads, openFiles, scratchBytes } = classLimits[resourceClass];
  const limits = [`--nproc=${threads}`, `--nofile=${openFiles}`, `--fsize=${scratchBytes}`, '--core=0', '--memlock=65536', '--msgqueue=0'];
  return ['/usr/bin/prlimit', ...limits, '--', '/opt/maestro/runner'];
}

/** After how long the platform ends a container, whatever it says. */
export function containerDeadlineSeconds(timeoutMs: number): number {
  return Math.ceil(timeoutMs / 1_000) + startSeconds;
}
