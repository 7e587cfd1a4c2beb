// Loaded into the process of an embedded home before anything else.
import { setFlagsFromString } from 'node:v8';
import { heapGrowth } from './host-flags.mjs';

// A factor of 1 is taken for 2 on the command line.
for (const flag of heapGrowth.still) setFlagsFromString(flag);

// The heap of the process has taken its sizes; left as they are, they would hold for every thread instead of the limits that are set for it.
for (const flag of ['--max-old-space-size=0', '--min-semi-space-size=0', '--max-semi-space-size=0']) setFlagsFromString(flag);
