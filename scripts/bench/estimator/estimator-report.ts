import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { digestBytes, hexOf } from '../../../shared/core/digest.ts';
import { driftPercent } from '../../../shared/estimate/drift-percent.ts';
import type { Machine } from '../machine.ts';
import type { MeasuredRun } from './run-suite.ts';

interface Accuracy {
  runs: number;
  /** Measured cost within 10 % of the estimate that was made before the run. */
  within10Share: number;
  withinIntervalShare: number;
  medianDriftPercent: number;
  /** The same for the time of the tasks alone, which no fixed price evens out. */
  timeWithin10Share: number;
  medianTimeDriftPercent: number;
}

interface Load {
  before: number;
  after: number;
}

/** What the suite found, as `npm run bench:estimator -- --json` prints it. */
export interface EstimatorReport {
  machine: Machine;
  /** Programs that wanted a processor, on average over the last minute, before the suite began and at its end; the suite itself makes about one. */
  load: Load;
  trainedRuns: number;
  withEstimateShare: number;
  learnedShare: number;
  heldOut: Accuracy;
  cases: (Accuracy & { title: string; medianUsdMicros: number })[];
}

/** What the product promises: seeds 002, KR A2 and MC-COST-711. */
const promised = { within10Share: 0.95, withEstimateShare: 0.99 } as const;

const share = (runs: readonly MeasuredRun[], holds: (run: MeasuredRun) => boolean): number =>
  Math.round((1_000 * runs.filter(holds).length) / runs.length) / 1_000;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(100 * (sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN)) / 100;
}

const timeDrift = ({ estimatedMs, actualMs }: MeasuredRun): number => (100 * Math.abs(actualMs - estimatedMs)) / Math.max(1, estimatedMs);

function accuracyOf(runs: readonly MeasuredRun[]): Accuracy {
  return {
    runs: runs.length,
    within10Share: share(runs, (run) => driftPercent(run) <= 10),
    withinIntervalShare: share(
      runs,
      ({ lowUsdMicros, actualUsdMicros, highUsdMicros }) => lowUsdMicros <= actualUsdMicros && actualUsdMicros <= highUsdMicros,
    ),
    medianDriftPercent: median(runs.map(driftPercent)),
    timeWithin10Share: share(runs, (run) => timeDrift(run) <= 10),
    medianTimeDriftPercent: median(runs.map(timeDrift)),
  };
}

export function reportOf(machine: Machine, load: Load, runs: readonly MeasuredRun[]): EstimatorReport {
  const heldOut = runs.filter(({ isHeldOut }) => isHeldOut);
  const titles = [...new Set(runs.map(({ title }) => title))];
  return {
    machine,
    load,
    trainedRuns: runs.length - heldOut.length,
    withEstimateShare: share(runs, ({ hasEstimate }) => hasEstimate),
    learnedShare: share(heldOut, ({ isLearned }) => isLearned),
    heldOut: accuracyOf(heldOut),
    cases: titles.map((title) => {
      const own = heldOut.filter((run) => run.title === title);
      return { title, ...accuracyOf(own), medianUsdMicros: median(own.map(({ actualUsdMicros }) => actualUsdMicros)) };
    }),
  };
}

/** Every promise that was not kept. */
export function brokenPromises({ heldOut, withEstimateShare }: EstimatorReport): string[] {
  const say = (what: string, got: number, wanted: number): string[] =>
    got >= wanted ? [] : [`${what}: ${percent(got)}, promised are ${percent(wanted)}`];
  return [
    ...say('held-out runs within 10 % of their estimate', heldOut.within10Share, promised.within10Share),
    ...say('runs with an estimate before they start', withEstimateShare, promised.withEstimateShare),
  ];
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;

/** The report as Markdown, for people and for docs/benchmarks.md. */
export function renderEstimatorReport({
  machine,
  load,
  trainedRuns,
  withEstimateShare,
  learnedShare,
  heldOut,
  cases,
}: EstimatorReport): string {
  const lines = [
    `Machine: ${machine.class}. Taught by ${trainedRuns} runs, judged on ${heldOut.runs} further ones. Load ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after.`,
    '',
    '| What | Measured | Promised |',
    '| --- | ---: | ---: |',
    `| cost within 10 % of the estimate | ${percent(heldOut.within10Share)} | ${percent(promised.within10Share)} |`,
    `| runs with an estimate before they start | ${percent(withEstimateShare)} | ${percent(promised.withEstimateShare)} |`,
    `| cost within the stated interval | ${percent(heldOut.withinIntervalShare)} | |`,
    `| median drift of the cost | ${heldOut.medianDriftPercent} % | |`,
    `| held-out runs with every task learned | ${percent(learnedShare)} | |`,
    `| time of the tasks within 10 % of its estimate | ${percent(heldOut.timeWithin10Share)} | |`,
    `| median drift of the time | ${heldOut.medianTimeDriftPercent} % | |`,
    '',
    '| Case | Median cost, micro-dollars | Cost within 10 % | Within interval | Median drift | Time within 10 % |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...cases.map(
      (one) =>
        `| ${one.title} | ${one.medianUsdMicros} | ${percent(one.within10Share)} | ${percent(one.withinIntervalShare)} | ${one.medianDriftPercent} % | ${percent(one.timeWithin10Share)} |`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** Keeps the result of this machine class beside those of the bursts; answers the path. */
export function saveEstimatorReport(report: EstimatorReport): string {
  const folder = fileURLToPath(new URL('../../../docs/benchmarks/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const path = `${folder}estimator-${hexOf(digestBytes(report.machine.class)).slice(0, 12)}.json`;
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
  return path;
}
