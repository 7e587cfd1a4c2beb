/**
 * `npm run bench:actions [-- --json] [--each N] [--load R] [--operators P]`: how long cancel, retry and replay take to be answered on this machine while
 * others start R runs a second. Fails when the p95 of one of them is 800 ms or more, from which on the alarm mc-action-latency speaks too.
 */
import { parseArgs } from 'node:util';
import { measureActions, type ActionsResult } from '../actions/measure-actions.ts';
import { describeMachine } from '../machine.ts';
import { wholeNumber } from '../../flags/whole-number.ts';

const limitMs = 800;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    each: { type: 'string', default: '100' },
    load: { type: 'string', default: '100' },
    operators: { type: 'string', default: '8' },
  },
});

const positive = (text: string, flag: string): number => wholeNumber(flag, text, { to: 1_000 });

function render({ rows, homeMs, load, seconds }: ActionsResult): string {
  const lines = rows.map(({ action, state, count, ms }) => {
    const cells = [ms.p50, ms.p95, ms.p99, ms.max].map((value) => value.toFixed(1).padStart(8));
    return `${action.padEnd(8)}${state.padEnd(30)}${String(count).padStart(6)}${cells.join('')}`;
  });
  const head = `${'action'.padEnd(8)}${'the run is'.padEnd(30)}${'count'.padStart(6)}${['p50', 'p95', 'p99', 'max'].map((name) => `${name} ms`.padStart(8)).join('')}`;
  const rest = `in ${seconds.toFixed(1)} s, while ${load.started} other runs were started (${load.refused} refused); as the home measures it: p50 ${homeMs.p50.toFixed(1)}, p95 ${homeMs.p95.toFixed(1)} ms`;
  return `${head}\n${lines.join('\n')}\n${rest}\n`;
}

const machine = describeMachine();
const result = await measureActions({
  each: positive(values.each, 'each'),
  loadPerSecond: positive(values.load, 'load'),
  operators: positive(values.operators, 'operators'),
});
process.stdout.write(
  values.json ? `${JSON.stringify({ machine, ...result })}\n` : `${machine.class}; fsync p50 ${machine.fsyncMs.p50} ms\n${render(result)}`,
);
for (const { action, state, ms } of result.rows.filter(({ ms: { p95 } }) => !(p95 < limitMs))) {
  process.stderr.write(`${action} of a run that is ${state}: p95 ${ms.p95} ms, the limit is ${limitMs} ms\n`);
  process.exitCode = 1;
}
