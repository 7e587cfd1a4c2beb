/** One burst on a freshly started engine: the same client, warm-up, pauses and clock for each of them. */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { BurstClient } from '../burst-client.ts';
import { percentiles, type Percentiles } from '../percentiles.ts';
import type { SlowFsync } from '../slow-fsync.ts';
import type { Contender, RunningContender } from './contender.ts';
import { watchMemory } from './memory-sampler.ts';
import { untilTrue } from './until-true.ts';

export interface ContenderFigures {
  /** From the moment the burst began to the answer that the run is durable. */
  acceptedMs: Percentiles;
  /** From the moment the burst began to the first step of the run. */
  startMs: Percentiles;
  /** Completed runs a second, over the whole burst. */
  perSecond: number;
  /** Of all its processes together, since its start. */
  peakRssBytes: number;
  /** Syncs to disk during the burst, a run; known only where they are slowed down. */
  syncsPerRun?: number;
}

export interface Burst {
  runs: number;
  connections: number;
  /** A burst that is not done by then counts as not finished. */
  limitMs: number;
  slow?: SlowFsync | undefined;
  signal: AbortSignal;
}

const warmUpRuns = 1_000;
const warmUpPauseMs = 1_500;
const everyMs = 50;
const now = (): number => performance.timeOrigin + performance.now();

export async function measureContender(contender: Contender, burst: Burst): Promise<ContenderFigures> {
  const running = await contender.start(burst.slow);
  const peakMemory = watchMemory(() => running.pids());
  let client: BurstClient | undefined;
  try {
    client = await BurstClient.connect(running.url, running.token, burst.connections);
    // The warm-up fills caches, compiles hot code and opens connections, so that the burst does not measure the first second.
    await runAll(running, client, { ...burst, from: 0, count: warmUpRuns });
    await delay(warmUpPauseMs);
    const syncsBefore = burst.slow?.syncs() ?? 0;
    const startedAt = now();
    const accepted = await runAll(running, client, { ...burst, from: warmUpRuns, count: burst.runs });
    const seconds = (now() - startedAt) / 1_000;
    const syncs = (burst.slow?.syncs() ?? 0) - syncsBefore;
    const starts = await running.starts();
    await untilTrue(
      'its own books did not show every run as completed',
      async () => (await running.completedInBooks()) >= warmUpRuns + burst.runs,
    );
    return {
      acceptedMs: percentiles(sorted(accepted.map(({ at }) => at - startedAt))),
      startMs: percentiles(sorted(accepted.map(({ key }) => (starts.get(key) ?? Number.NaN) - startedAt))),
      perSecond: Math.round(burst.runs / seconds),
      peakRssBytes: peakMemory(),
      ...(burst.slow && { syncsPerRun: Math.round((100 * syncs) / burst.runs) / 100 }),
    };
  } finally {
    peakMemory();
    client?.close();
    await running.stop();
  }
}

interface Batch {
  from: number;
  count: number;
}

/** Submits a batch at once and waits until all of it is done; answers when each run was accepted. */
async function runAll(running: RunningContender, client: BurstClient, batch: Batch & Burst): Promise<{ key: string; at: number }[]> {
  const { from, count, limitMs } = batch;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`not finished within ${limitMs / 1_000} s`)), limitMs);
  const stop = AbortSignal.any([late.signal, batch.signal]);
  const stopped = async (): Promise<never> => {
    if (!stop.aborted) await once(stop, 'abort');
    throw stop.reason instanceof Error ? stop.reason : new Error('stopped');
  };
  const work = async (): Promise<{ key: string; at: number }[]> => {
    const accepted = await Promise.all(
      Array.from({ length: count }, async (_, index) => ({ key: await running.submit(client, from + index), at: now() })),
    );
    while (!(await running.isDone(from + count))) {
      stop.throwIfAborted();
      await delay(everyMs);
    }
    return accepted;
  };
  try {
    return await Promise.race([work(), stopped()]);
  } finally {
    clearTimeout(timer);
  }
}

const sorted = (values: number[]): number[] => values.sort((a, b) => a - b);
