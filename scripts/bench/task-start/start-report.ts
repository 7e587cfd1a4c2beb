import type { Machine } from '../machine.ts';
import type { Percentiles } from '../percentiles.ts';
import type { BurstStarts } from './measure-burst.ts';
import type { LevelStarts, RealLevel } from './measure-level.ts';

/** What `npm run bench:task-start -- --json` prints. */
export interface StartReport {
  machine: Machine;
  /** One-minute load before and after: starts are work for processors, so what else ran is in every figure. */
  load: { before: number; after: number };
  levels: (LevelStarts & { spareBytes: number | null })[];
  notReached: { level: RealLevel }[];
  bursts: BurstStarts[];
}

const ms = (value: number): string => (value < 10 ? value.toFixed(1) : value.toFixed(0));
const pair = ({ p50, p95 }: Percentiles): string => `${ms(p50)} / ${ms(p95)}`;

/** The report as Markdown, for people and for docs/benchmarks.md. */
export function renderStartReport({ machine, load, levels, notReached, bursts }: StartReport): string {
  const lines = [
    `Machine: ${machine.class}; load ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after.`,
    '',
    '| p50 / p95 ms | cold start | warm start | cold attempt | warm attempt | MB a spare |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...levels.map(({ level, cold, warm, spareBytes }) => {
      const cells = [cold.startMs, warm.startMs, cold.attemptMs, warm.attemptMs].map(pair);
      return `| ${[`\`${level}\``, ...cells, spareBytes === null ? 'not known' : (spareBytes / 1e6).toFixed(0)].join(' | ')} |`;
    }),
    ...notReached.map(({ level }) => `| \`${level}\` | not reached on this machine | | | | |`),
    '',
    '| attempts at once | spares at most | attempts a second | start, p50 / p95 ms |',
    '| --- | ---: | ---: | ---: |',
    ...bursts.map(
      ({ attempts, width, spares, perSecond, startMs }) =>
        `| ${attempts}, ${width} at a time | ${spares} | ${perSecond} | ${pair(startMs)} |`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}
