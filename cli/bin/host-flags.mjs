import { availableParallelism } from 'node:os';

// How much memory the embedded home takes before its garbage collector works harder, measured with `npm run bench`: without these V8 lets garbage grow by half as much
// again, because the machine has so much more. V8 also starts four threads that collect and compile; on a small machine they take the processor from the threads that work.
const smallMachine = 2;
export const hostFlags = [
  '--max-old-space-size=512',
  '--max-semi-space-size=16',
  ...(availableParallelism() <= smallMachine ? ['--v8-pool-size=1'] : []),
];

// For the memory beside that heap, which glibc manages. Left alone it keeps an arena for each thread and never gives back what megabytes of logs went through:
// a disclosure pack of 1 GB took 60 MB more (`npm run bench:disclosure`). Frames of what is decrypted have 64 KB, so they are mapped and given back one by one.
// Other C libraries know none of these names.
export const hostEnvironment = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '32768' };
