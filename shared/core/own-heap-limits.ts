import { setFlagsFromString } from 'node:v8';

/** As if they had not been given. */
const sizes = ['--max-old-space-size=0', '--min-semi-space-size=0', '--max-semi-space-size=0'] as const;

/**
 * Called before a thread is started that has limits of its own (`resourceLimits`): flags that size the heap of the process, such as `--max-old-space-size`, would hold for each of its threads instead. The
 * process has long taken them, so they are put back.
 */
export function allowOwnHeapLimits(): void {
  for (const size of sizes) setFlagsFromString(size);
}
