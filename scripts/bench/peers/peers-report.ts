/** What `npm run bench:peers` found, and how it is shown: every figure as the median of the repeats with the least and the greatest. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { digestBytes, hexOf } from '../../../shared/core/digest.ts';
import type { Machine } from '../machine.ts';
import type { ContenderFigures } from './measure-contender.ts';

export interface PeersReport {
  machine: Machine;
  /** Programs that wanted a processor, on average over the last minute, before the first burst and after the last. */
  load: { before: number; after: number };
  connections: number;
  /** In the order of the table; the first is ours. */
  contenders: { name: string; settings: string }[];
  /** What could not be measured here at all. */
  notRun: { name: string; why: string }[];
  outcomes: Outcome[];
}

export interface Outcome {
  contender: string;
  runs: number;
  /** By how much each sync was slowed down. */
  slowFsyncMs: number;
  repeat: number;
  figures?: ContenderFigures;
  /** Why there are none. */
  failure?: string;
}

interface Spread {
  median: number;
  least: number;
  greatest: number;
}

/** Middle value and range; nothing of nothing. The middle of an even number of values is the lower one of the two. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const [least] = sorted;
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  const greatest = sorted.at(-1);
  return least === undefined || median === undefined || greatest === undefined ? undefined : { median, least, greatest };
}

/**
 * Our completed runs a second as a multiple of the faster peer's in the same repeat, for every repeat in which we and a peer finished.
 * A peer that did not finish is not in it, so it says nothing when none did.
 */
export function timesFasterPeer(ours: string, outcomes: readonly Outcome[]): Spread | undefined {
  const repeats = [...Map.groupBy(outcomes, ({ repeat }) => repeat).values()];
  return spreadOf(
    repeats.flatMap((group) => {
      const rates = (isOurs: boolean): number[] =>
        group.filter(({ contender }) => (contender === ours) === isOurs).map(({ figures }) => figures?.perSecond ?? 0);
      const [own, fastest] = [Math.max(0, ...rates(true)), Math.max(0, ...rates(false))];
      return own > 0 && fastest > 0 ? [own / fastest] : [];
    }),
  );
}

const columns: [title: string, value: (figures: ContenderFigures) => number, digits: number][] = [
  ['accepted p95 ms', ({ acceptedMs }) => acceptedMs.p95, 0],
  ['publish→start p95 ms', ({ startMs }) => startMs.p95, 0],
  ['completed runs/s', ({ perSecond }) => perSecond, 0],
  ['peak memory MB', ({ peakRssBytes }) => peakRssBytes / 1e6, 0],
];

function cell(spread: Spread | undefined, digits: number): string {
  if (spread === undefined) return '–';
  const [median, least, greatest] = [spread.median, spread.least, spread.greatest].map((value) => value.toFixed(digits));
  return least === greatest ? String(median) : `${median} (${least}–${greatest})`;
}

/** The report as Markdown, for people and for docs/benchmarks.md. */
export function renderPeersReport(report: PeersReport): string {
  const { machine, load, connections, contenders, notRun, outcomes } = report;
  const { p50, p95 } = machine.fsyncMs;
  const groups = [...Map.groupBy(outcomes, ({ slowFsyncMs }) => slowFsyncMs)].sort(([a], [b]) => a - b);
  return [
    `Machine: ${machine.class}; fsync p50 ${p50.toFixed(2)} ms, p95 ${p95.toFixed(2)} ms; load ${load.before.toFixed(1)} before and ${load.after.toFixed(1)} after. Load generator on the same cores, ${connections} connections.`,
    ...groups.flatMap(([delayMs, group]) => [
      '',
      delayMs === 0 ? 'Syncs as they are here:' : `Every sync ${delayMs} ms slower:`,
      '',
      ...renderGroup(report, group),
    ]),
    '',
    ...contenders.map(({ name, settings }) => `- ${name}: ${settings}.`),
    ...notRun.map(({ name, why }) => `- ${name}: not run, ${why}.`),
    ...renderFailures(outcomes),
    '',
  ].join('\n');
}

function renderGroup({ contenders }: PeersReport, group: readonly Outcome[]): string[] {
  const ours = contenders[0]?.name ?? '';
  const isSlowed = group.some(({ slowFsyncMs }) => slowFsyncMs > 0);
  const shown = isSlowed ? [...columns, syncsColumn] : columns;
  const titles = ['submitted at once', 'engine', ...shown.map(([title]) => title), 'ours / faster peer'];
  const sizes = [...Map.groupBy(group, ({ runs }) => runs)].sort(([a], [b]) => a - b);
  return [
    `| ${titles.join(' | ')} |`,
    `| ${titles.map((_, index) => (index < 2 ? '---' : '---:')).join(' | ')} |`,
    ...sizes.flatMap(([runs, outcomes]) =>
      contenders.map(({ name }) => {
        const own = outcomes.filter(({ contender }) => contender === name);
        const finished = own.flatMap(({ figures }) => figures ?? []);
        const label = finished.length === own.length ? name : `${name}, ${finished.length} of ${own.length} finished`;
        const values = shown.map(([, value, digits]) => cell(spreadOf(finished.map(value)), digits));
        const times = name === ours ? cell(timesFasterPeer(ours, outcomes), 2) : '';
        return `| ${[runs, label, ...values, times].join(' | ')} |`;
      }),
    ),
  ];
}

const syncsColumn: (typeof columns)[number] = ['syncs a run', ({ syncsPerRun = Number.NaN }) => syncsPerRun, 2];

function renderFailures(outcomes: readonly Outcome[]): string[] {
  return outcomes
    .filter(({ failure }) => failure !== undefined)
    .map(
      ({ contender, runs, slowFsyncMs, repeat, failure }) =>
        `- ${contender}, ${runs} at once${slowFsyncMs > 0 ? `, syncs ${slowFsyncMs} ms slower` : ''}, repeat ${repeat}: ${failure}.`,
    );
}

/** Writes the report beside the other saved results; answers where. */
export function savePeersReport(report: PeersReport): string {
  const folder = fileURLToPath(new URL('../../../docs/benchmarks/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const path = `${folder}peers-${hexOf(digestBytes(report.machine.class)).slice(0, 12)}.json`;
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
  return path;
}
