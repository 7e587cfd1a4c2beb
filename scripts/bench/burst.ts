/** One burst: all executions are submitted at once over HTTP to a fresh home, and the time runs from the first byte of the burst. */
import { setTimeout as delay } from 'node:timers/promises';
import { BenchHost, now, type BenchHostOptions } from './bench-host.ts';
import type { BurstClient } from './burst-client.ts';
import { percentiles, type Percentiles } from './percentiles.ts';
import { sendBatch, sendStart } from './send-starts.ts';

export interface BurstResult {
  executions: number;
  connections: number;
  /** Starts in one request, where they came in batches. */
  batch?: number;
  /** From the moment the burst began to the first task's hand-over to the runner. */
  publishToStartMs: Percentiles;
  /** From the moment the burst began to the answer of POST /api/executions, or of the batch it came in. */
  acceptedMs: Percentiles;
  queueMs: Percentiles;
  authzMs: Percentiles;
  policyMs: Percentiles;
  signMs: Percentiles;
  sealed: number;
  /** Sealed executions a second, over the whole burst. */
  perSecond: number;
  peakRssBytes: number;
  /** CPU of the home until the last execution was accepted, a execution. */
  cpuMsPerAccepted: number;
  /** CPU of the home until everything was sealed, a execution. */
  hostCpuMsPerExecution: number;
}

export interface BurstOptions extends BenchHostOptions {
  executions: number;
  /** Starts in one request to POST /api/executions:batch; without it, one request a start. */
  batch?: number | undefined;
  /** Executions that are sealed before the burst begins. */
  warmUp: number;
}

const warmUpPauseMs = 1_500;

export async function runBurst(options: BurstOptions): Promise<BurstResult> {
  const host = await BenchHost.open(options);
  const { client } = host;
  try {
    // Fills caches, compiles hot code and opens the connections, so that the burst measures the engine and not its first second.
    await startMany(client, options.warmUp, options.batch);
    await host.untilSealed(options.warmUp);
    await delay(warmUpPauseMs);
    const before = await host.ask('report');
    const startedAt = now();
    const accepted = await startMany(client, options.executions, options.batch);
    const atAccept = await host.ask('progress');
    await host.untilSealed(before.sealed + options.executions);
    const seconds = (now() - startedAt) / 1000;
    const starts = new Map((await host.ask('starts')).starts);
    const report = await host.ask('report');
    return {
      executions: options.executions,
      connections: options.connections,
      ...(options.batch !== undefined && { batch: options.batch }),
      publishToStartMs: percentiles(sorted(accepted.map(({ id }) => (starts.get(id) ?? Number.NaN) - startedAt))),
      acceptedMs: percentiles(sorted(accepted.map(({ at }) => at - startedAt))),
      queueMs: report.queueMs,
      authzMs: report.authzMs,
      policyMs: report.policyMs,
      signMs: report.signMs,
      sealed: report.sealed - before.sealed,
      perSecond: Math.round((report.sealed - before.sealed) / seconds),
      peakRssBytes: report.peakRssBytes,
      cpuMsPerAccepted: Math.round(((atAccept.cpuMs - before.cpuMs) / options.executions) * 1_000) / 1_000,
      hostCpuMsPerExecution: Math.round(((report.cpuMs - before.cpuMs) / options.executions) * 1_000) / 1_000,
    };
  } finally {
    await host.close();
  }
}

interface Accepted {
  id: string;
  at: number;
}

async function startMany(client: BurstClient, count: number, batch: number | undefined): Promise<Accepted[]> {
  const answers =
    batch === undefined
      ? await Promise.all(Array.from({ length: count }, () => sendStart(client)))
      : (await Promise.all(sizesOf(count, batch).map((size) => sendBatch(client, size)))).flat();
  return answers.map(({ id, at }) => {
    if (id === undefined) throw new Error('the home has as many open runs as it takes, and started no more of the burst');
    return { id, at };
  });
}

const sizesOf = (count: number, batch: number): number[] =>
  Array.from({ length: Math.ceil(count / batch) }, (_, index) => Math.min(batch, count - index * batch));

const sorted = (values: number[]): number[] => values.sort((a, b) => a - b);
