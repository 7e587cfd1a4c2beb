/** Many attempts at once, without spares and with them: spares must not take the processors from attempts that somebody waits for. */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SandboxRunner } from '../../../runner/sandbox/sandbox-runner.ts';
import { systemClock } from '../../../shared/embedded/system-clock.ts';
import { percentiles, type Percentiles } from '../percentiles.ts';
import { startSpec, timeAttempt } from './attempt.ts';

export interface BurstStarts {
  /** Spares at most. */
  spares: number;
  attempts: number;
  /** Attempts at once. */
  width: number;
  perSecond: number;
  startMs: Percentiles;
}

/** Time for the pool to fill up; on a busy machine it may not. */
const fillMs = 3_000;
const rounds = 3;

async function burst(runner: SandboxRunner, attempts: number, width: number): Promise<{ ms: number; starts: number[] }> {
  const starts: number[] = [];
  let left = attempts;
  const since = performance.now();
  const work = async (): Promise<void> => {
    while (left-- > 0) starts.push((await timeAttempt(runner)).startMs);
  };
  await Promise.all(Array.from({ length: width }, work));
  return { ms: performance.now() - since, starts };
}

/** The same burst in turns, with no spares and with as many as a home keeps. */
export async function measureBurst(attempts: number): Promise<BurstStarts[]> {
  const width = 2 * availableParallelism();
  const folder = mkdtempSync(join(tmpdir(), 'mc-starts-'));
  const open = (spares: number): SandboxRunner =>
    new SandboxRunner({ clock: systemClock, folder: join(folder, String(spares)), warm: { size: spares, first: startSpec.limits } });
  const runners = [0, Math.min(8, width)].map((spares) => ({ spares, runner: open(spares), took: [] as number[], starts: [] as number[] }));
  try {
    for (let round = 0; round < rounds; round++) {
      for (const { runner, took, starts } of runners) {
        await runner.level();
        await delay(fillMs);
        const done = await burst(runner, attempts, width);
        took.push(done.ms);
        starts.push(...done.starts);
      }
    }
    return runners.map(({ spares, took, starts }) => ({
      spares,
      attempts,
      width,
      perSecond: Math.round((attempts * 10_000) / percentiles(took.toSorted((a, b) => a - b)).p50) / 10,
      startMs: percentiles(starts.toSorted((a, b) => a - b)),
    }));
  } finally {
    await Promise.all(runners.map(({ runner }) => runner.close()));
    rmSync(folder, { recursive: true, force: true });
  }
}
