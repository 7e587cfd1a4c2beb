import { setFlagsFromString } from 'node:v8';
import { Worker, type ResourceLimits } from 'node:worker_threads';
import { threadEnvironment } from './thread-environment.ts';

/**
 * A flag of the process that sizes young generations would hold for every thread instead of what is set for it, and the heap of the process itself has long taken it: so it is
 * put back.
 */
const noFlag = '--max-semi-space-size=0';

/** A thread with these limits and this data, which does not keep the process alive until somebody refs it. */
export function startThread(program: string, name: string, limits: ResourceLimits, workerData?: unknown): Worker {
  setFlagsFromString(noFlag);
  const worker = new Worker(program, { name, env: threadEnvironment(), execArgv: [], resourceLimits: limits, workerData });
  worker.unref();
  return worker;
}
