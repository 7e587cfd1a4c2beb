/**
 * `npm run bench [-- --json] [--burst N]… [--connections C] [--batch L] [--warm-up W] [--rate R] [--seconds S] [--repeats N] [--slow-fsync MS] [--profile] [--save] [--check]`:
 * how fast the embedded home starts and seals runs here. `--batch L` runs every burst and load once more in requests of L starts (POST /api/executions:batch), beside
 * the single ones; `--warm-up W` has W executions sealed before each burst (5,000: some seconds of a home's life); `--rate R` adds a steady load of R starts a second for S seconds;
 * `--slow-fsync` makes every sync of the home so many ms slower.
 * `--save` writes the results to docs/benchmarks/, `--check` fails when a figure is over 20 % worse than the saved one of the same machine class.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { compareBaseline, saveBaseline } from '../baseline.ts';
import { runBurst } from '../burst.ts';
import { describeMachine } from '../machine.ts';
import type { BenchReport } from '../bench-report.ts';
import { inBatches, renderReport } from '../render-report.ts';
import { slowFsync, type SlowFsync } from '../slow-fsync.ts';
import { runSustained } from '../sustained.ts';
import { wholeNumber } from '../../flags/whole-number.ts';
import { whereTimeGoes } from '../where-time-goes.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    burst: { type: 'string', multiple: true },
    connections: { type: 'string', default: '128' },
    batch: { type: 'string' },
    'warm-up': { type: 'string', default: '5000' },
    rate: { type: 'string', multiple: true },
    seconds: { type: 'string', default: '12' },
    repeats: { type: 'string', default: '1' },
    'slow-fsync': { type: 'string' },
    profile: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
});

/** As many as the home takes in one request. */
const linesOfBatch = 500;
const positive = (text: string, flag: string): number => wholeNumber(flag, text, { to: 100_000 });

function slowDisk(delayMs: number): SlowFsync {
  const slow = slowFsync(delayMs);
  if (!('missing' in slow)) return slow;
  process.stderr.write(`--slow-fsync: ${slow.missing}\n`);
  process.exit(1);
}

const connections = positive(values.connections, 'connections');
const batches = values.batch === undefined ? [undefined] : [undefined, wholeNumber('batch', values.batch, { to: linesOfBatch })];
const warmUp = positive(values['warm-up'], 'warm-up');
const rates = (values.rate ?? []).map((rate) => positive(rate, 'rate'));
const seconds = positive(values.seconds, 'seconds');
const repeats = positive(values.repeats, 'repeats');
const sizes = (values.burst ?? (rates.length > 0 ? [] : ['1000', '5000'])).map((size) => positive(size, 'burst'));
const profileDir = values.profile ? mkdtempSync(join(tmpdir(), 'mc-profile-')) : undefined;
const slow = values['slow-fsync'] === undefined ? undefined : slowDisk(positive(values['slow-fsync'], 'slow-fsync'));
const report: BenchReport = { machine: describeMachine(), ...(slow && { slowFsyncMs: slow.delayMs }), bursts: [], loads: [] };
const say = (text: string): void => void (values.json || process.stderr.write(`${text}…\n`));
for (const [index, executions] of sizes.entries()) {
  const isProfiled = profileDir !== undefined && index === sizes.length - 1;
  const execArgv = isProfiled ? ['--cpu-prof', `--cpu-prof-dir=${profileDir}`] : [];
  for (const batch of Array.from({ length: repeats }, () => batches).flat()) {
    say(`burst of ${executions}${inBatches(batch)}`);
    report.bursts.push(await runBurst({ executions, connections, batch, warmUp, execArgv, slow }));
  }
}
for (const rate of Array.from({ length: repeats }, () => rates).flat()) {
  for (const batch of batches) {
    say(`${rate} starts a second for ${seconds} s${inBatches(batch)}`);
    report.loads.push(await runSustained({ rate, seconds, connections, batch, slow }));
  }
}
slow?.dispose();
if (profileDir !== undefined) {
  const [file] = readdirSync(profileDir);
  if (file) report.whereTimeGoes = whereTimeGoes(join(profileDir, file));
  rmSync(profileDir, { recursive: true, force: true });
}

process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : renderReport(report));
if (values.save) process.stderr.write(`saved ${relative(process.cwd(), saveBaseline(report))}\n`);
const worse = compareBaseline(report);
for (const line of worse.lines) process.stderr.write(`${line}\n`);
if (values.check && worse.isWorse) process.exitCode = 1;
