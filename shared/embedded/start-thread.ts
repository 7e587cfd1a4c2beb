import { Worker, type ResourceLimits } from 'node:worker_threads';
import { allowOwnHeapLimits } from '../core/own-heap-limits.ts';
import { threadEnvironment } from './thread-environment.ts';

/** A thread with these limits and this data, which does not keep the process alive until somebody refs it. */
export function startThread(program: string, name: string, limits: ResourceLimits, workerData?: unknown): Worker {
  allowOwnHeapLimits();
  const worker = new Worker(program, { name, env: threadEnvironment(), execArgv: [], resourceLimits: limits, workerData });
  worker.unref();
  return worker;
}
