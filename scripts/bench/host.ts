/**
 * The measured side of the bench: an embedded home in a process of its own, whose simulated runner notes when each run's first task was handed to it.
 * It talks to the driver over IPC and ends with it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHost } from '../../cli/host/start-host.ts';
import { SimulatedRunner } from '../../runner/simulated/simulated-runner.ts';
import { metricNames, type MetricName } from '../../shared/port/metrics.ts';
import { percentiles } from './percentiles.ts';
import type { HostMessage, HostReport } from './protocol.ts';

const now = (): number => performance.timeOrigin + performance.now();
const handedOver = new Map<string, number>();
const dataDir = mkdtempSync(join(tmpdir(), 'mc-bench-'));

const runner = new SimulatedRunner((spec) => {
  if (!handedOver.has(spec.executionId)) handedOver.set(spec.executionId, now());
  return { result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 0 } } };
});
/** Simulated attempts need no core of their own, so all runs of a burst may be under way at once. */
const width = 20_000;
const host = await startHost({ port: 0, dataDir, runner, width, isAnnounced: false });
const { metrics } = host.home;
const send = (message: HostMessage): void => void process.send?.(message);

function report(): HostReport {
  const of = (name: MetricName): HostReport['queueMs'] => percentiles(metrics.samples(name));
  return {
    kind: 'report',
    sealed: metrics.counted(metricNames.receiptsTotal),
    queueMs: of(metricNames.queueMs),
    authzMs: of(metricNames.authzMs),
    policyMs: of(metricNames.policyEvalMs),
    signMs: of(metricNames.signMs),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    cpuMs: cpuMs(),
  };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

process.on('message', (message: unknown) => {
  if (message === 'report') send(report());
  if (message === 'progress')
    send({ kind: 'progress', pending: host.home.pending(), sealed: metrics.counted(metricNames.receiptsTotal), cpuMs: cpuMs() });
  if (message === 'starts') send({ kind: 'starts', starts: [...handedOver] });
  if (message === 'end') void end();
});
process.on('disconnect', () => void end());

async function end(): Promise<void> {
  await host.close();
  rmSync(dataDir, { recursive: true, force: true });
  process.exit(0);
}

send({ kind: 'ready', url: host.url, token: host.token });
