/**
 * The home that people act on: an embedded home in a process of its own with simulated tasks, which say by their name how they end. It talks to the
 * driver over IPC and ends with it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHost } from '../../../cli/host/start-host.ts';
import { SimulatedRunner, type SimulatedTask } from '../../../runner/simulated/simulated-runner.ts';
import { metricNames } from '../../../shared/port/metrics.ts';
import type { TaskSpec } from '../../../shared/port/runner.ts';
import { percentiles } from '../percentiles.ts';
import type { ActionHostMessage } from './protocol.ts';

/** Longer than any measurement: a task that only a cancel ends. */
const endlessMs = 3_600_000;
/** Runs of the load take this long with their three tasks. */
const loadMs = 10;

function simulate({ taskId, inputs }: TaskSpec): SimulatedTask {
  const usage = { wallMs: 1 };
  if (taskId === 'endless') return { result: { kind: 'succeeded', outputs: {}, usage }, delayMs: endlessMs };
  if (taskId === 'flaky') return { result: { kind: 'failed', failure: 'error', message: 'not yet', retryable: true, usage } };
  if (taskId === 'broken') return { result: { kind: 'failed', failure: 'error', message: 'always', retryable: false, usage } };
  return { result: { kind: 'succeeded', outputs: inputs, usage }, delayMs: loadMs };
}

const dataDir = mkdtempSync(join(tmpdir(), 'mc-bench-actions-'));
const host = await startHost({
  port: 0,
  dataDir,
  runner: new SimulatedRunner(simulate),
  width: 20_000,
  isAnnounced: false,
  log: () => undefined,
});
const { metrics } = host.home;
const send = (message: ActionHostMessage): void => void process.send?.(message);

process.on('message', (message: unknown) => {
  const ended = (state: string): number => metrics.counted(metricNames.receiptsTotal, { state });
  if (message === 'report')
    send({
      kind: 'report',
      open: host.home.pending(),
      ended: { succeeded: ended('succeeded'), failed: ended('failed'), cancelled: ended('cancelled') },
      actionMs: percentiles(metrics.samples(metricNames.actionLatencyMs)),
      actions: metrics.samples(metricNames.actionLatencyMs).length,
    });
  if (message === 'end') void end();
});
process.on('disconnect', () => void end());

async function end(): Promise<void> {
  await host.close();
  rmSync(dataDir, { recursive: true, force: true });
  process.exit(0);
}

send({ kind: 'ready', url: host.url, token: host.token });
