import type { BenchReport } from './bench-report.ts';
import type { BurstResult } from './burst.ts';
import type { SustainedResult } from './sustained.ts';
import type { Percentiles } from './percentiles.ts';

const ms = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(0));
const triple = ({ p50, p95, p99 }: Percentiles): string => `${ms(p50)} / ${ms(p95)} / ${ms(p99)}`;

const rows: [string, (burst: BurstResult) => string][] = [
  ['publish→start, p50 / p95 / p99 ms', (burst) => triple(burst.publishToStartMs)],
  ['accepted, p50 / p95 / p99 ms', (burst) => triple(burst.acceptedMs)],
  ['queue, p50 / p95 / p99 ms', (burst) => triple(burst.queueMs)],
  ['authorisation, p50 / p95 / p99 ms', (burst) => triple(burst.authzMs)],
  ['policy evaluation, p50 / p95 / p99 ms', (burst) => triple(burst.policyMs)],
  ['signing, p50 / p95 / p99 ms', (burst) => triple(burst.signMs)],
  ['sealed executions', (burst) => String(burst.sealed)],
  ['sealed executions a second', (burst) => String(burst.perSecond)],
  ['CPU of the home until accepted, ms an execution', (burst) => burst.cpuMsPerAccepted.toFixed(2)],
  ['CPU of the home until sealed, ms an execution', (burst) => burst.hostCpuMsPerExecution.toFixed(2)],
  ['peak memory, MB', (burst) => (burst.peakRssBytes / 1e6).toFixed(0)],
];

/** How a burst or load came, as its title says it; single starts say nothing. */
export const inBatches = (batch: number | undefined): string => (batch === undefined ? '' : ` in batches of ${batch}`);
const titleOf = ({ executions, batch }: BurstResult): string => `burst of ${executions}${inBatches(batch)}`;

const loadRows: [string, (load: SustainedResult) => string][] = [
  ['publish→start, p50 / p95 / p99 ms', (load) => triple(load.publishToStartMs)],
  ['accepted, p50 / p95 / p99 ms', (load) => triple(load.acceptedMs)],
  ['sealed executions a second, during the load', (load) => String(load.sealedPerSecond)],
  ['not sealed when the load ended', (load) => String(load.behindAtEnd)],
  ['refused, with too many open', (load) => String(load.refused)],
  ['sealed executions', (load) => String(load.sealed)],
  ['processors in use', (load) => load.processors.toFixed(2)],
  ['peak memory, MB', (load) => (load.peakRssBytes / 1e6).toFixed(0)],
];

/** One column a result. */
function tableOf<T>(results: readonly T[], title: (result: T) => string, cells: readonly [string, (result: T) => string][]): string[] {
  if (results.length === 0) return [];
  return [
    '',
    `| 3 tasks, simulated runner, full sync | ${results.map(title).join(' | ')} |`,
    `| --- | ${results.map(() => '---:').join(' | ')} |`,
    ...cells.map(([name, cell]) => `| ${name} | ${results.map(cell).join(' | ')} |`),
  ];
}

/** Of a burst that was repeated, what its start took at best, in the middle and at worst; said where it comes first. */
function repeatsOf(bursts: readonly BurstResult[]): (burst: BurstResult, at: number) => string[] {
  return (burst, at) => {
    const same = bursts.filter((other) => titleOf(other) === titleOf(burst));
    if (same.length === 1 || bursts.findIndex((other) => titleOf(other) === titleOf(burst)) !== at) return [];
    const p95 = same.map(({ publishToStartMs }) => publishToStartMs.p95).sort((a, b) => a - b);
    const [best, middle, worst] = [p95[0], p95[Math.floor(p95.length / 2)], p95.at(-1)].map((value) => ms(value ?? Number.NaN));
    return ['', `${same.length} repeats of a ${titleOf(burst)}: publish→start p95 ${best} to ${worst} ms, median ${middle} ms.`];
  };
}

/** The report as Markdown, for people and for docs/benchmarks.md. */
export function renderReport({ machine, slowFsyncMs, bursts, loads, whereTimeGoes }: BenchReport): string {
  const lines = [
    `Machine: ${machine.class}; fsync p50 ${ms(machine.fsyncMs.p50)} ms, p95 ${ms(machine.fsyncMs.p95)} ms. Load generator on the same cores.`,
    ...(slowFsyncMs === undefined ? [] : [`Every sync of the home takes ${slowFsyncMs} ms longer.`]),
    ...tableOf(bursts, titleOf, rows),
    ...tableOf(loads, ({ rate, seconds, batch }) => `${rate} a second for ${seconds} s${inBatches(batch)}`, loadRows),
    ...bursts.flatMap(repeatsOf(bursts)),
  ];
  if (whereTimeGoes) {
    lines.push('', '| Where the home spent its time (profiled) | ms | share |', '| --- | ---: | ---: |');
    for (const { area, ms: spent, share } of whereTimeGoes) lines.push(`| ${area} | ${spent} | ${(share * 100).toFixed(1)} % |`);
  }
  return `${lines.join('\n')}\n`;
}
