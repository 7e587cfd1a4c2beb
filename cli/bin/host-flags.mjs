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

/**
 * MiB of a semi-space, of which V8 takes up to three. With `still` a home at rest and one that makes a disclosure pack of 1 GB take 10 to 20 MB less than with 16; under load each doubling up to `most` saves a few percent
 * of the processor, because fewer runs are copied while they are under way. It is in proportion to the limit of the old generation, and not less than `least`.
 */
const semiSpace = { still: 8, least: 16, most: 64 };

/**
 * What V8 lets its heap grow by: the old generation by so many percent of what lives, before it is collected; the semi-spaces by this factor when much has lived through them. Left alone V8 takes more than `still`, and
 * keeps the garbage of a disclosure pack of 1 GB; with `roomy` a burst is started and sealed with less processor time, because its runs live for seconds and are not looked through again and again.
 * `still-heap.mjs` sets the first, `HeapRoom` (`cli/host/heap-room.ts`) goes from one to the other.
 */
export const heapGrowth = {
  still: ['--heap-growing-percent=40', '--semi-space-growth-factor=1'],
  roomy: ['--heap-growing-percent=200', '--semi-space-growth-factor=2'],
};

/** Set before the program is loaded, because what is loaded would make the semi-spaces grow. */
const preload = new URL('still-heap.mjs', import.meta.url).href;

/** Bytes that there are for programs: of the machine, or of the group of processes that this one belongs to (a container) when that has less. 0 is no limit. */
export function memoryFor({ total, constrained }) {
  return constrained > 0 ? Math.min(total, constrained) : total;
}

/** The flags of V8 for a home that may take `memory` bytes on so many cores: half of them at most, since threads, buffers and the page cache of the database need the other half. */
export function flagsFor({ memory, cores }) {
  const half = Math.floor(memory / 2 / mebibyte);
  const oldSpace = Math.min(old.most, Math.max(old.least, half));
  return [
    `--max-old-space-size=${oldSpace}`,
    `--min-semi-space-size=${semiSpace.still}`,
    `--max-semi-space-size=${Math.max(semiSpace.least, Math.floor((semiSpace.most * oldSpace) / old.most))}`,
    ...(cores <= smallMachine ? ['--v8-pool-size=1'] : []),
    `--import=${preload}`,
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
