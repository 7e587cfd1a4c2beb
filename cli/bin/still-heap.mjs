// Loaded into the process of an embedded home before anything else.
import { setFlagsFromString } from 'node:v8';
import { heapGrowth } from './host-flags.mjs';

// A factor of 1 is taken for 2 on the command line.
for (const flag of heapGrowth.still) setFlagsFromString(flag);
