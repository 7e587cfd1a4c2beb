import type { BenchReport } from './bench-report.ts';
import type { BurstResult } from './burst.ts';
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

const titleOf = ({ executions, batch }: BurstResult): string =>
  batch === undefined ? `burst of ${executions}` : `burst of ${executions} in batches of ${batch}`;

/** The report as Markdown, for people and for docs/benchmarks.md. */
export function renderReport({ machine, bursts, whereTimeGoes }: BenchReport): string {
  const lines = [
    `Machine: ${machine.class}; fsync p50 ${ms(machine.fsyncMs.p50)} ms, p95 ${ms(machine.fsyncMs.p95)} ms. Load generator on the same cores.`,
    '',
    `| 3 tasks, simulated runner, full sync | ${bursts.map(titleOf).join(' | ')} |`,
    `| --- | ${bursts.map(() => '---:').join(' | ')} |`,
    ...rows.map(([name, cell]) => `| ${name} | ${bursts.map(cell).join(' | ')} |`),
  ];
  if (whereTimeGoes) {
    lines.push('', '| Where the home spent its time (profiled) | ms | share |', '| --- | ---: | ---: |');
    for (const { area, ms: spent, share } of whereTimeGoes) lines.push(`| ${area} | ${spent} | ${(share * 100).toFixed(1)} % |`);
  }
  return `${lines.join('\n')}\n`;
}
