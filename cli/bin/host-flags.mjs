import { availableParallelism, totalmem } from 'node:os';

// How much memory the embedded home takes before its garbage collector works harder, measured with `npm run bench` and `npm run bench:disclosure`.

const mebibyte = 2 ** 20;

/** V8 also starts four threads that collect and compile; on a small machine they take the processor from the threads that work. */
const smallMachine = 2;

/**
 * MiB. The limit of the old generation is also what V8 goes by when it lets garbage grow: with 512 by four tenths of what lives, so that a burst is collected all the time;
 * with this by almost as much again, and with 2,048 by up to three times as much. The limit takes nothing by itself.
 */
const old = { least: 128, most: 1_792 };

/** MiB. It grows to this with what lives, and three of them are memory of the process: with twice as much a burst is sealed a little faster, and a disclosure pack of 1 GB takes over 256 MiB. */
const semiSpace = 16;

/**
 * Percent of what lives that the old generation may grow by before it is collected. Left alone V8 takes more than `still`, and a disclosure pack of 1 GB 20 MB more; with `roomy` a burst is started and sealed
 * with about an eighth less processor time, because its runs live for seconds and are not looked through again and again. `HeapRoom` (`cli/host/heap-room.ts`) goes from one to the other.
 */
export const heapGrowing = { still: 40, roomy: 200 };

/** Bytes that there are for programs: of the machine, or of the group of processes that this one belongs to (a container) when that has less. 0 is no limit. */
export function memoryFor({ total, constrained }) {
  return constrained > 0 ? Math.min(total, constrained) : total;
}

/** The flags of V8 for a home that may take `memory` bytes on so many cores: half of them at most, since threads, buffers and the page cache of the database need the other half. */
export function flagsFor({ memory, cores }) {
  const half = Math.floor(memory / 2 / mebibyte);
  return [
    `--max-old-space-size=${Math.min(old.most, Math.max(old.least, half))}`,
    `--max-semi-space-size=${semiSpace}`,
    `--heap-growing-percent=${heapGrowing.still}`,
    ...(cores <= smallMachine ? ['--v8-pool-size=1'] : []),
  ];
}

export const hostFlags = flagsFor({
  memory: memoryFor({ total: totalmem(), constrained: process.constrainedMemory?.() ?? 0 }),
  cores: availableParallelism(),
});

// For the memory beside that heap, which glibc manages. Left alone it keeps an arena for each thread and never gives back what megabytes of logs went through:
// a disclosure pack of 1 GB took 60 MB more (`npm run bench:disclosure`). Frames of what is decrypted have 64 KB, so they are mapped and given back one by one.
// Other C libraries know none of these names.
export const hostEnvironment = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '32768' };
