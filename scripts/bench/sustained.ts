/**
 * A steady load: starts at a fixed rate, whatever the answers do (open loop); times run from the moment at which each start was due. In batches, a start waits until its batch is full, and
 * that counts.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { BenchHost, now, type BenchHostOptions } from './bench-host.ts';
import { percentiles, type Percentiles } from './percentiles.ts';
import { sendBatch, sendStart, type StartAnswer } from './send-starts.ts';

export interface SustainedOptions extends BenchHostOptions {
  /** Starts a second. */
  rate: number;
  seconds: number;
  /** Starts in one request to POST /api/executions:batch; without it, one request a start. */
  batch?: number | undefined;
}

export interface SustainedResult {
  rate: number;
  seconds: number;
  batch?: number;
  /** From the moment when a start was due to the first task's hand-over to the runner. */
  publishToStartMs: Percentiles;
  acceptedMs: Percentiles;
  /** Sealed executions a second while the load lasted. */
  sealedPerSecond: number;
  /** Executions that were not sealed when the load ended: a home that keeps up has few. */
  behindAtEnd: number;
  /** Starts that were refused because as many runs were open as the home takes (429), or the tenant may have (403). */
  refused: number;
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
    await load(host, { ...options, rate: warmUp / warmUpSeconds, seconds: warmUpSeconds });
    await host.untilSealed(warmUp);
    const before = await host.ask('report');
    const startedAt = now();
    const answers = load(host, options);
    await delay(options.seconds * 1_000);
    const atEnd = await host.ask('progress');
    const lastedSeconds = (now() - startedAt) / 1_000;
    const answered = await answers;
    const accepted = answered.filter(isAccepted);
    await host.untilSealed(before.sealed + accepted.length);
    const starts = new Map((await host.ask('starts')).starts);
    const report = await host.ask('report');
    const sorted = (values: number[]): number[] => values.sort((a, b) => a - b);
    return {
      rate: options.rate,
      seconds: options.seconds,
      ...(options.batch !== undefined && { batch: options.batch }),
      publishToStartMs: percentiles(sorted(accepted.map(({ id, dueAt }) => (starts.get(id) ?? Number.NaN) - dueAt))),
      acceptedMs: percentiles(sorted(accepted.map(({ at, dueAt }) => at - dueAt))),
      sealedPerSecond: Math.round((atEnd.sealed - before.sealed) / lastedSeconds),
      behindAtEnd: accepted.length - (atEnd.sealed - before.sealed),
      refused: answered.length - accepted.length,
      sealed: report.sealed - before.sealed,
      peakRssBytes: report.peakRssBytes,
      processors: (atEnd.cpuMs - before.cpuMs) / (lastedSeconds * 1_000),
    };
  } finally {
    await host.close();
  }
}

interface Due {
  dueAt: number;
}
type Accepted = StartAnswer & Due & { id: string };

const isAccepted = (answer: StartAnswer & Due): answer is Accepted => answer.id !== undefined;

async function load({ client }: BenchHost, { rate, seconds, batch }: SustainedOptions): Promise<(StartAnswer & Due)[]> {
  const startedAt = now();
  const total = rate * seconds;
  const size = batch ?? 1;
  const answers: Promise<StartAnswer[]>[] = [];
  const dueAt = (index: number): number => startedAt + (index / rate) * 1_000;
  let sent = 0;
  const next = (): number => Math.min(size, total - sent);
  while (sent < total) {
    const due = Math.floor(((now() - startedAt) / 1_000) * rate);
    for (let starts = next(); starts > 0 && sent + starts <= due; starts = next()) {
      answers.push(batch === undefined ? sendStart(client).then((answer) => [answer]) : sendBatch(client, starts));
      sent += starts;
    }
    await delay(tickMs);
  }
  return (await Promise.all(answers)).flat().map((answer, index) => ({ ...answer, dueAt: dueAt(index) }));
}
