/** The last committed result of each machine class: docs/benchmarks/<digest of the class>.json. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BenchReport } from './bench-report.ts';
import type { BurstResult } from './burst.ts';
import { digestBytes, hexOf } from '../../shared/core/digest.ts';

const folder = fileURLToPath(new URL('../../docs/benchmarks/', import.meta.url));
/** A result this much worse is a regression; less is what two runs on a shared machine differ by. */
const tolerance = 1.2;

const pathOf = (report: BenchReport): string => `${folder}${hexOf(digestBytes(report.machine.class)).slice(0, 12)}.json`;

export function saveBaseline(report: BenchReport): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(pathOf(report), `${JSON.stringify(report, null, 2)}\n`);
  return pathOf(report);
}

/** Every figure that is over 20 % worse than the saved one for the same machine class and burst; says so when there is nothing to compare with. */
export function compareBaseline(report: BenchReport): { isWorse: boolean; lines: string[] } {
  const path = pathOf(report);
  if (!existsSync(path))
    return { isWorse: false, lines: [`no saved result for this machine class (${report.machine.class}); --save makes one`] };
  const saved = JSON.parse(readFileSync(path, 'utf8')) as BenchReport; // Written by saveBaseline.
  const worse = report.bursts.flatMap((burst) => {
    const before = saved.bursts.find((other) => isSameBurst(other, burst));
    if (!before) return [];
    const figures: [string, number, number][] = [
      ['publish→start p95 ms', burst.publishToStartMs.p95, before.publishToStartMs.p95],
      ['queue p95 ms', burst.queueMs.p95, before.queueMs.p95],
      ['ms a sealed execution', 1_000 / burst.perSecond, 1_000 / before.perSecond],
      ['peak RSS', burst.peakRssBytes, before.peakRssBytes],
    ];
    return figures
      .filter(([, now, then]) => now > then * tolerance)
      .map(([name, now, then]) => `burst of ${burst.executions}: ${name} ${now.toFixed(2)}, was ${then.toFixed(2)}`);
  });
  return { isWorse: worse.length > 0, lines: worse.length > 0 ? worse : ['no figure is over 20 % worse than the saved result'] };
}

function isSameBurst(one: BurstResult, other: BurstResult): boolean {
  return one.executions === other.executions && one.connections === other.connections && one.batch === other.batch;
}
