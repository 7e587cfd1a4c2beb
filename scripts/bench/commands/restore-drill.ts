/**
 * `npm run drill:restore [-- --runs 3000] [--megabytes 1000] [--every 15] [--seed 1] [--json] [--save]`: kills a home under load, restores it from its newest backup, and says
 * how long that took and what was lost. `--save` files the figures with a signed statement in docs/evidence/.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine } from '../machine.ts';
import { runDrill } from '../restore-drill/drill.ts';
import { fileEvidence, type DrillReport } from '../restore-drill/file-evidence.ts';
import { judgeObjectives } from '../restore-drill/objectives.ts';
import { wholeNumber } from '../../flags/whole-number.ts';
import { mulberry32 } from '../../random/mulberry32.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3000' },
    megabytes: { type: 'string', default: '1000' },
    every: { type: 'string', default: '15' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    json: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
  },
});
const options = {
  runs: wholeNumber('runs', values.runs, { from: 100, to: 10_000 }),
  megabytes: wholeNumber('megabytes', values.megabytes, { from: 0, to: 1_900 }),
  everyMs: 1_000 * wholeNumber('every', values.every, { from: 10, to: 60 }),
};
const seed = wholeNumber('seed', values.seed, { from: 0, to: 1_000_000 });
const load = loadavg()[0] ?? 0;

const folder = mkdtempSync(join(tmpdir(), 'mc-restore-drill-'));
try {
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  const figures = await runDrill({ folder, ...options, moment: mulberry32(seed)(), say });
  const tests = judgeObjectives(figures);
  const report: DrillReport = {
    drilledAt: new Date().toISOString(),
    machine: describeMachine(),
    load,
    options: { ...options, seed },
    figures,
    tests,
  };
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else {
    process.stdout.write(
      [
        `RTO  ${seconds(figures.rtoMs)} from the kill to the first new run; the restore itself took ${seconds(figures.restoreMs)} and verified ${figures.statements} statements`,
        `RPO  ${seconds(figures.windowMs)} of work: ${figures.lost} of ${figures.runs} acknowledged runs, the oldest ${seconds(figures.oldestLostMs)} old, with a backup every ${options.everyMs / 1_000} s`,
        ...tests.map(({ name, passed }) => `${passed ? '✔' : '✘'} ${name}`),
        ...figures.problems.slice(0, 10),
        '',
      ].join('\n'),
    );
  }
  if (values.save) {
    const place = fileURLToPath(new URL('../../../docs/evidence', import.meta.url));
    mkdirSync(place, { recursive: true });
    for (const file of await fileEvidence(report, { dataDir: join(folder, 'restored'), place })) say(`filed ${file}`);
  }
  if (tests.some(({ passed }) => !passed)) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
