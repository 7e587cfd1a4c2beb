/**
 * What runs ask of an AWS account. Prints the tables of docs/guides/scaling-aws.md; `--write` puts them there, `--runs N --tenants M` reckons another load, and
 * `--pools` compares the idle-pool policy with a fixed pool on the demand traces.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { wholeNumber } from './flags/whole-number.ts';
import { renderPools } from './scaling/render-pools.ts';
import { renderScaling } from './scaling/scaling-page.ts';
import { fillPage } from './scaling/fill-page.ts';

const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    pools: { type: 'boolean', default: false },
    runs: { type: 'string', default: '15000' },
    tenants: { type: 'string', default: '30' },
  },
});

if (values.write) {
  const page = fileURLToPath(new URL('../docs/guides/scaling-aws.md', import.meta.url));
  writeFileSync(page, fillPage(readFileSync(page, 'utf8')));
} else if (values.pools) {
  process.stdout.write(`${renderPools()}\n`);
} else {
  process.stdout.write(`${renderScaling({ runs: wholeNumber('runs', values.runs), tenants: wholeNumber('tenants', values.tenants) })}\n`);
}
