// How much memory the embedded home takes before its garbage collector works harder. Measured with `npm run bench`: a burst of 5,000 runs stays under
// 512 MB of resident memory; without the flags V8 lets garbage grow to 650 MB, because the machine has so much more.
export const hostFlags = ['--max-old-space-size=512', '--max-semi-space-size=24'];
