// How much memory the embedded home takes before its garbage collector works harder. Measured with `npm run bench`: a burst of 5,000 runs stays under
// 512 MB of resident memory; without the flags V8 lets garbage grow to 650 MB, because the machine has so much more.
export const hostFlags = ['--max-old-space-size=512', '--max-semi-space-size=16'];

// For the memory beside that heap, which glibc manages. Left alone it keeps an arena for each thread and never gives back what megabytes of logs went through:
// a disclosure pack of 1 GB took 60 MB more (`npm run bench:disclosure`). Frames of what is decrypted have 64 KB, so they are mapped and given back one by one.
// Other C libraries know none of these names.
export const hostEnvironment = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '32768' };
