/**
 * `npm run bench:task-start [-- --json] [--attempts N] [--save]`: how long a task waits for its sandbox when it is started for it (cold) and when it was waiting
 * (warm), at every level that this machine reaches, and what a waiting one costs. `--save` writes the result to docs/benchmarks/.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { digestBytes, hexOf } from '../../../shared/core/digest.ts';
import { describeMachine } from '../machine.ts';
import { measureBurst } from '../task-start/measure-burst.ts';
import { measureLevel, type RealLevel } from '../task-start/measure-level.ts';
import { measureMemory } from '../task-start/measure-memory.ts';
import { renderStartReport, type StartReport } from '../task-start/start-report.ts';
import { wholeNumber } from '../../flags/whole-number.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    attempts: { type: 'string', default: '60' },
    save: { type: 'boolean', default: false },
  },
});
const attempts = wholeNumber('attempts', values.attempts, { to: 1_000 });

const levels: readonly RealLevel[] = ['bubblewrap-seccomp', 'bubblewrap', 'node-permission'];
const load = (): number => loadavg()[0] ?? 0;
const say = (text: string): void => void (values.json || process.stderr.write(text));

const report: StartReport = { machine: describeMachine(), load: { before: load(), after: 0 }, levels: [], notReached: [], bursts: [] };
for (const level of levels) {
  say(`${level}: ${attempts} cold and ${attempts} warm starts…\n`);
  const starts = await measureLevel(level, attempts);
  if (starts === undefined) report.notReached.push({ level });
  else report.levels.push({ ...starts, spareBytes: await measureMemory(level) });
}
say('bursts…\n');
report.bursts = await measureBurst(attempts);
report.load.after = load();
process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : renderStartReport(report));
if (values.save) {
  const folder = fileURLToPath(new URL('../../../docs/benchmarks', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `task-start-${hexOf(digestBytes(report.machine.class)).slice(0, 12)}.json`);
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
  say(`saved ${relative(process.cwd(), path)}\n`);
}
