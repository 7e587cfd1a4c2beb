/** What a task of a resource class may use, wherever it runs: child process, pod or container. One table, so that a class means the same in every home. */
import type { ResourceClass } from './resource-class.ts';

const mebibyte = 1024 * 1024;

interface ClassLimits {
  /** Memory of the task itself; the price multiplies with it. What its sandbox needs comes on top. */
  memoryBytes: number;
  /** Scratch is memory too where it is a tmpfs, so it stays well below it. */
  scratchBytes: number;
  /** Threads (and processes). Node 24 needs about 12, and hangs where it may have fewer than 16. */
  threads: number;
  /** Node opens about 25 files for itself. */
  openFiles: number;
  /** How many processors a task may keep busy on average until its deadline. */
  processors: number;
}

/** The limits of each resource class. */
export const classLimits: Readonly<Record<ResourceClass, ClassLimits>> = {
  small: { memoryBytes: 256 * mebibyte, scratchBytes: 64 * mebibyte, threads: 32, openFiles: 256, processors: 1 },
  medium: { memoryBytes: 1_024 * mebibyte, scratchBytes: 64 * mebibyte, threads: 64, openFiles: 512, processors: 2 },
  large: { memoryBytes: 4_096 * mebibyte, scratchBytes: 64 * mebibyte, threads: 128, openFiles: 1_024, processors: 4 },
};
