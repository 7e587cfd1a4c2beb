/** A steady load: starts at a fixed rate, whatever the answers do (open loop); times run from the moment at which each start was due. */
import { setTimeout as delay } from 'node:timers/promises';
import { BenchHost, now, startBody, type BenchHostOptions } from './bench-host.ts';
import { percentiles, type Percentiles } from './percentiles.ts';
import { startedId } from './started-id.ts';

export interface SustainedOptions extends BenchHostOptions {
  /** Starts a second. */
  rate: number;
  seconds: number;
}

export interface SustainedResult {
  rate: number;
  seconds: number;
  /** From the moment when a start was due to the first task's hand-over to the runner. */
  publishToStartMs: Percentiles;
  acceptedMs: Percentiles;
  /** Sealed executions a second while the load lasted. */
  sealedPerSecond: number;
  /** Executions that were not sealed when the load ended: a home that keeps up has few. */
  behindAtEnd: number;
  sealed: number;
  peakRssBytes: number;
  /** CPU of the home, in processors. */
  processors: number;
}

/** As long as the load itself may be; fills caches and compiles hot code. */
const warmUpSeconds = 4;
const warmUpShare = 0.5;
const tickMs = 2;

export async function runSustained(options: SustainedOptions): Promise<SustainedResult> {
  const host = await BenchHost.open(options);
  try {
    const warmUp = Math.round(options.rate * warmUpShare) * warmUpSeconds;
    await load(host, warmUp / warmUpSeconds, warmUpSeconds);
    await host.untilSealed(warmUp);
    const before = await host.ask('report');
    const startedAt = now();
    const answers = load(host, options.rate, options.seconds);
    await delay(options.seconds * 1_000);
    const atEnd = await host.ask('progress');
    const lastedSeconds = (now() - startedAt) / 1_000;
    const accepted = await answers;
    await host.untilSealed(before.sealed + accepted.length);
    const starts = new Map((await host.ask('starts')).starts);
    const report = await host.ask('report');
    const sorted = (values: number[]): number[] => values.sort((a, b) => a - b);
    return {
      rate: options.rate,
      seconds: options.seconds,
      publishToStartMs: percentiles(sorted(accepted.map(({ id, dueAt }) => (starts.get(id) ?? Number.NaN) - dueAt))),
      acceptedMs: percentiles(sorted(accepted.map(({ at, dueAt }) => at - dueAt))),
      sealedPerSecond: Math.round((atEnd.sealed - before.sealed) / lastedSeconds),
      behindAtEnd: accepted.length - (atEnd.sealed - before.sealed),
      sealed: report.sealed - before.sealed,
      peakRssBytes: report.peakRssBytes,
      processors: (atEnd.cpuMs - before.cpuMs) / (lastedSeconds * 1_000),
    };
  } finally {
    await host.close();
  }
}

interface Answered {
  id: string;
  dueAt: number;
  at: number;
}

async function load({ client }: BenchHost, rate: number, seconds: number): Promise<Answered[]> {
  const startedAt = now();
  const answers: Promise<Answered>[] = [];
  const start = async (dueAt: number): Promise<Answered> => {
    const id = startedId(await client.post('/api/executions', startBody));
    return { id, dueAt, at: now() };
  };
  while (answers.length < rate * seconds) {
    const due = Math.min(rate * seconds, Math.floor(((now() - startedAt) / 1_000) * rate));
    while (answers.length < due) answers.push(start(startedAt + (answers.length / rate) * 1_000));
    await delay(tickMs);
  }
  return Promise.all(answers);
}
