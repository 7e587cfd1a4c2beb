/**
 * `npm run bench:disclosure [-- --json] [--megabytes N] [--sets N] [--save]`: how long disclosure packs of runs with so many megabytes of logs take over HTTP, what memory the
 * home needs for them, and how that compares with tar and gzip or pigz on the same files. The sets are records, text, and what does not compress. Exits with 1 when a promise is not kept: under 45 s a gigabyte, the home
 * under 256 MB in all, the same bytes twice, verified. `--save` writes the result to docs/benchmarks/.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { digestBytes, hexOf } from '../../../shared/core/digest.ts';
import { compareTar, missingCompressors, type TarFigures } from '../disclosure/compare-tar.ts';
import { makeLogSets } from '../disclosure/log-sets.ts';
import { measurePack, type PackFigures } from '../disclosure/measure-pack.ts';
import { describeMachine } from '../machine.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    megabytes: { type: 'string', default: '1000' },
    sets: { type: 'string', default: '3' },
    save: { type: 'boolean', default: false },
  },
});

function positive(flag: 'megabytes' | 'sets', max: number): number {
  const value = Number(values[flag]);
  if (Number.isInteger(value) && value > 0 && value <= max) return value;
  process.stderr.write(`--${flag} takes a whole number from 1 to ${max}, got ${values[flag]}\n`);
  process.exit(2);
}

/** The promise: three runs of 1 GB, each in less than 45 s. */
const limits = { msPerGigabyte: 45_000, peakRssBytes: 256 * 1024 * 1024 } as const;
/** A home takes this much whatever the pack, so a small one is not held to a share of the time. */
const leastMs = 5_000;

// A run has at most 500 tasks, and an attempt keeps 4 MB.
const options = { megabytes: positive('megabytes', 2_000), sets: positive('sets', 10) };
const load = (): number => loadavg()[0] ?? 0;
const loadBefore = load();
if (loadBefore > availableParallelism() / 2)
  process.stderr.write(`other programs are busy here (load ${loadBefore.toFixed(1)}); times will vary with them\n`);

function broken({ kind, logBytes, packMs, peakRssBytes, isSameTwice }: PackFigures): string[] {
  const limitMs = Math.max(leastMs, (limits.msPerGigabyte * logBytes) / 1_000_000_000);
  const slowest = Math.max(...packMs);
  return [
    ...(slowest >= limitMs ? [`${kind}: ${Math.round(slowest)} ms, the limit is ${Math.round(limitMs)} ms`] : []),
    ...(peakRssBytes >= limits.peakRssBytes
      ? [`${kind}: ${megabytes(peakRssBytes)} MB of memory, the limit is ${megabytes(limits.peakRssBytes)} MB`]
      : []),
    ...(isSameTwice ? [] : [`${kind}: two packs of one run differ`]),
  ];
}

const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1);
const perSecond = (bytes: number, ms: number): string => (bytes / 1_000 / ms).toFixed(0);

function render({
  kind,
  logBytes,
  packBytes,
  packMs,
  cpuMs,
  verifyMs,
  restRssBytes,
  peakRssBytes,
  withheld,
  tar,
}: PackFigures & { tar: TarFigures[] }): string {
  const times = packMs.map((ms) => `${(ms / 1_000).toFixed(1)} s (${perSecond(logBytes, ms)} MB/s)`).join(', ');
  return [
    `${kind}: ${megabytes(logBytes)} MB of logs → ${megabytes(packBytes)} MB, ${times}, ${(cpuMs / 1_000).toFixed(1)} s of processor each, ${withheld} values withheld`,
    `  verified in ${(verifyMs / 1_000).toFixed(1)} s, memory ${megabytes(restRssBytes)} MB at rest, ${megabytes(peakRssBytes)} MB at most`,
    ...tar.map(
      ({ command, ms, bytes }) =>
        `  ${command}: ${(ms / 1_000).toFixed(1)} s → ${megabytes(bytes)} MB; the pack took ${(Math.min(...packMs) / ms).toFixed(2)} times as long`,
    ),
    '',
  ].join('\n');
}

const folder = mkdtempSync(join(tmpdir(), 'mc-bench-disclosure-'));
try {
  const dataDir = join(folder, 'home');
  const sets = await makeLogSets(dataDir, options);
  const packs: (PackFigures & { tar: TarFigures[] })[] = [];
  for (const [index, set] of sets.entries()) {
    const file = join(folder, `${index}.tgz`);
    packs.push({ ...(await measurePack(dataDir, set, file)), tar: compareTar(file) });
  }
  const missing = missingCompressors();
  const report = { machine: describeMachine(), load: { before: loadBefore, after: load() }, options, packs, missing };
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else {
    for (const pack of packs) process.stdout.write(render(pack));
  }
  for (const program of missing)
    process.stderr.write(`${program} is not installed here (apt-get install ${program}), so there is no comparison with it\n`);
  if (values.save) {
    const place = new URL('../../../docs/benchmarks/', import.meta.url);
    mkdirSync(place, { recursive: true });
    writeFileSync(
      new URL(`disclosure-${hexOf(digestBytes(report.machine.class)).slice(0, 12)}.json`, place),
      `${JSON.stringify(report, null, 2)}\n`,
    );
  }
  const lines = packs.flatMap(broken);
  for (const line of lines) process.stderr.write(`${line}\n`);
  if (lines.length > 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
