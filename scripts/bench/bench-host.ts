/** The measured host in a process of its own, told and asked over IPC. */
import { fork, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { hostEnvironment, hostFlags } from '../../cli/bin/host-flags.mjs';
import { BurstClient } from './burst-client.ts';
import { end, receive } from './measured-process.ts';
import type { HostMessage } from './protocol.ts';
import type { SlowFsync } from './slow-fsync.ts';

export interface BenchHostOptions {
  connections: number;
  /** Arguments for the host's node, such as --cpu-prof. */
  execArgv?: string[];
  /** Makes the host's syncs slower. */
  slow?: SlowFsync | undefined;
}

/** Three tasks in a row, as in every bench of runs. */
export const benchWorkflow = `name: bench
version: 1.0.0
tasks:
  - { id: first, uses: 'pkg:demo/echo@1.0.0', with: { message: hello } }
  - { id: second, uses: 'pkg:demo/echo@1.0.0', needs: [first], with: { message: '\${{ tasks.first.outputs.message }}' } }
  - { id: third, uses: 'pkg:demo/echo@1.0.0', needs: [second], with: { message: done } }
`;
/** What a request asks for. */
export const startBody = JSON.stringify({ workflow: 'bench@1.0.0' });

/** What is not sealed by then is a failure, not a slow result. */
const sealTimeoutMs = 120_000;
export const now = (): number => performance.timeOrigin + performance.now();

type MessageOf<K extends HostMessage['kind']> = Extract<HostMessage, { kind: K }>;

export class BenchHost {
  readonly client: BurstClient;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, client: BurstClient) {
    this.#process = process;
    this.client = client;
  }

  /** A fresh home with the workflow published. */
  static async open({ connections, execArgv = [], slow }: BenchHostOptions): Promise<BenchHost> {
    const file = fileURLToPath(new URL('host.ts', import.meta.url));
    const node = { program: process.execPath, args: [...hostFlags, ...execArgv] };
    const { program, args } = slow ? slow.wrap(node) : node;
    const host = fork(file, { execPath: program, execArgv: args, env: { ...hostEnvironment, ...process.env } });
    try {
      const { url, token } = await receive<HostMessage, 'ready'>(host, 'ready');
      const client = await BurstClient.connect(url, token, connections);
      const draft = JSON.parse(await client.post('/api/workflows', benchWorkflow, 'application/yaml')) as { id: string };
      await client.post(`/api/workflows/${draft.id}/publish`, '{}');
      return new BenchHost(host, client);
    } catch (error) {
      await end(host);
      throw error;
    }
  }

  async ask<K extends 'report' | 'progress' | 'starts'>(kind: K): Promise<MessageOf<K>> {
    this.#process.send(kind);
    return receive<HostMessage, K>(this.#process, kind);
  }

  async untilSealed(count: number): Promise<void> {
    const deadline = now() + sealTimeoutMs;
    for (;;) {
      const progress = await this.ask('progress');
      if (progress.sealed >= count && progress.pending === 0) return;
      if (now() > deadline) throw new Error(`only ${progress.sealed} of ${count} executions were sealed in ${sealTimeoutMs} ms`);
      await delay(50);
    }
  }

  async close(): Promise<void> {
    this.client.close();
    await end(this.#process);
  }
}
