/** One burst: all executions are submitted at once over HTTP to a fresh home, and the time runs from the first byte of the burst. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { hostFlags } from '../../cli/bin/host-flags.mjs';
import { BurstClient } from './burst-client.ts';
import { percentiles, type Percentiles } from './percentiles.ts';
import type { HostMessage } from './protocol.ts';

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

export interface BurstOptions {
  executions: number;
  connections: number;
  /** Starts in one request to POST /api/executions:batch; without it, one request a start. */
  batch?: number | undefined;
  /** Arguments for the host's node, such as --cpu-prof. */
  execArgv?: string[];
}

const workflow = `name: bench
version: 1.0.0
tasks:
  - { id: first, uses: 'pkg:demo/echo@1.0.0', with: { message: hello } }
  - { id: second, uses: 'pkg:demo/echo@1.0.0', needs: [first], with: { message: '\${{ tasks.first.outputs.message }}' } }
  - { id: third, uses: 'pkg:demo/echo@1.0.0', needs: [second], with: { message: done } }
`;

const warmUpExecutions = 1_000;
const warmUpPauseMs = 1_500;
/** A burst that is not sealed by then is a failure, not a slow result. */
const sealTimeoutMs = 120_000;
const now = (): number => performance.timeOrigin + performance.now();

export async function runBurst(options: BurstOptions): Promise<BurstResult> {
  const host = fork(fileURLToPath(new URL('host.ts', import.meta.url)), { execArgv: [...hostFlags, ...(options.execArgv ?? [])] });
  try {
    const { url, token } = await receive(host, 'ready');
    const client = await BurstClient.connect(url, token, options.connections);
    const draft = JSON.parse(await client.post('/api/workflows', workflow, 'application/yaml')) as { id: string };
    await client.post(`/api/workflows/${draft.id}/publish`, '{}');
    // Fills caches, compiles hot code and opens the connections, so that the burst measures the engine and not its first second.
    await startMany(client, warmUpExecutions, options.batch);
    await untilSealed(host, warmUpExecutions);
    await delay(warmUpPauseMs);
    const before = await ask(host, 'report');
    const startedAt = now();
    const accepted = await startMany(client, options.executions, options.batch);
    const atAccept = await ask(host, 'progress');
    await untilSealed(host, before.sealed + options.executions);
    const seconds = (now() - startedAt) / 1000;
    const starts = new Map((await ask(host, 'starts')).starts);
    const report = await ask(host, 'report');
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
    await end(host);
  }
}

interface Accepted {
  id: string;
  at: number;
}

async function startMany(client: BurstClient, count: number, batch: number | undefined): Promise<Accepted[]> {
  const body = JSON.stringify({ workflow: 'bench@1.0.0' });
  if (batch !== undefined) return startInBatches(client, body, { count, batch });
  return Promise.all(
    Array.from({ length: count }, async () => {
      const { id } = JSON.parse(await client.post('/api/executions', body)) as { id: string };
      return { id, at: now() };
    }),
  );
}

async function startInBatches(
  client: BurstClient,
  line: string,
  { count, batch }: { count: number; batch: number },
): Promise<Accepted[]> {
  const sizes = Array.from({ length: Math.ceil(count / batch) }, (_, index) => Math.min(batch, count - index * batch));
  const answers = await Promise.all(
    sizes.map(async (size) => {
      const text = await client.post('/api/executions:batch', `${line}\n`.repeat(size), 'application/x-ndjson');
      const at = now();
      return text
        .trimEnd()
        .split('\n')
        .map((answer) => ({ id: idOf(answer), at }));
    }),
  );
  return answers.flat();
}

/** A line that was refused is a failed burst, not a fast one. */
function idOf(answer: string): string {
  const { execution } = JSON.parse(answer) as { execution?: { id: string } };
  if (execution === undefined) throw new Error(`a line was not started: ${answer}`);
  return execution.id;
}

const sorted = (values: number[]): number[] => values.sort((a, b) => a - b);

async function untilSealed(host: ChildProcess, count: number): Promise<void> {
  const deadline = now() + sealTimeoutMs;
  for (;;) {
    const progress = await ask(host, 'progress');
    if (progress.sealed >= count && progress.pending === 0) return;
    if (now() > deadline) throw new Error(`only ${progress.sealed} of ${count} executions were sealed in ${sealTimeoutMs} ms`);
    await delay(50);
  }
}

type MessageOf<K extends HostMessage['kind']> = Extract<HostMessage, { kind: K }>;

async function ask<K extends 'report' | 'progress' | 'starts'>(host: ChildProcess, kind: K): Promise<MessageOf<K>> {
  host.send(kind);
  return receive(host, kind);
}

async function receive<K extends HostMessage['kind']>(host: ChildProcess, kind: K): Promise<MessageOf<K>> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void): void => {
      host.off('message', onMessage).off('exit', onExit);
      outcome();
    };
    const onExit = (code: number | null): void => settle(() => reject(new Error(`the measured host ended with ${String(code)}`)));
    const onMessage = (message: HostMessage): void => {
      if (message.kind === kind) settle(() => resolve(message as MessageOf<K>));
    };
    host.on('message', onMessage).on('exit', onExit);
  });
}

async function end(host: ChildProcess): Promise<void> {
  if (host.exitCode !== null) return;
  const exit = once(host, 'exit');
  if (host.connected) host.send('end');
  await exit;
}
