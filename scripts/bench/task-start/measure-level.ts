/** Cold and warm starts at one sandbox level, in turns, so that whatever else the machine does meets both alike. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SandboxRunner, type SandboxDescription } from '../../../runner/sandbox/sandbox-runner.ts';
import { MemoryMetrics } from '../../../shared/embedded/memory-metrics.ts';
import { systemClock } from '../../../shared/embedded/system-clock.ts';
import { metricNames } from '../../../shared/port/metrics.ts';
import type { SandboxLevel } from '../../../shared/port/runner.ts';
import { percentiles, type Percentiles } from '../percentiles.ts';
import { startSpec, timeAttempt, type Timed } from './attempt.ts';

export type RealLevel = Exclude<SandboxLevel, 'simulated'>;

export interface LevelStarts {
  level: RealLevel;
  tools: string;
  attempts: number;
  cold: { startMs: Percentiles; attemptMs: Percentiles };
  warm: { startMs: Percentiles; attemptMs: Percentiles };
}

/** Attempts before anything is counted: the first ones load what later ones find in the cache. */
const warmUps = 3;
/** What the end of one attempt still does must not meet the next. */
const pauseMs = 20;

function summarise(times: readonly Timed[]): LevelStarts['cold'] {
  const of = (name: keyof Timed): Percentiles => percentiles(times.map((time) => time[name]).toSorted((a, b) => a - b));
  return { startMs: of('startMs'), attemptMs: of('attemptMs') };
}

/** Undefined where the machine does not reach the level. */
export async function measureLevel(level: RealLevel, attempts: number): Promise<LevelStarts | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'mc-starts-'));
  const metrics = new MemoryMetrics();
  // Refilled at any load, because what is measured is a start with a spare, not whether there is one.
  const warm = { size: 1, first: startSpec.limits, hasRoom: () => true };
  const options = { clock: systemClock, highestLevel: level };
  const runners = {
    cold: new SandboxRunner({ ...options, folder: join(folder, 'cold') }),
    warm: new SandboxRunner({ ...options, folder: join(folder, 'warm'), warm, metrics }),
  };
  try {
    const description: SandboxDescription = await runners.warm.describe();
    if (description.level !== level) return undefined;
    await runners.cold.level();
    const times: Record<'cold' | 'warm', Timed[]> = { cold: [], warm: [] };
    for (let turn = -warmUps; turn < attempts; turn++) {
      for (const start of ['cold', 'warm'] as const) {
        while ((await runners.warm.warmWaiting()) === 0) await delay(pauseMs);
        await delay(pauseMs);
        const time = await timeAttempt(runners[start]);
        if (turn >= 0) times[start].push(time);
      }
    }
    if (metrics.counted(metricNames.taskStartsTotal, { start: 'cold' }) > 0) throw new Error('an attempt that was to be warm was cold');
    return { level, tools: description.tools, attempts, cold: summarise(times.cold), warm: summarise(times.warm) };
  } finally {
    await runners.warm.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
