/** `npm run bench [-- --json] [--burst N]… [--connections C] [--profile]`: how fast the embedded home starts and seals runs on this machine. */
import { parseArgs } from 'node:util';
import { runBurst, type BurstResult } from './bench/burst.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    burst: { type: 'string', multiple: true, default: ['1000', '5000'] },
    connections: { type: 'string', default: '128' },
  },
});
const bursts: BurstResult[] = [];
for (const size of values.burst) bursts.push(await runBurst({ executions: Number(size), connections: Number(values.connections) }));
process.stdout.write(`${JSON.stringify({ bursts }, null, 2)}\n`);
