/** A measured Node process: started with an IPC channel, asked by name, ended by message and, if it does not listen, by signal. */
import { fork, type ChildProcess } from 'node:child_process';
import type { SlowFsync } from '../slow-fsync.ts';
import { endProcess } from './end-process.ts';
import { ServiceMessage } from './service-message.ts';

type MessageOf<K extends ServiceMessage['kind']> = Extract<ServiceMessage, { kind: K }>;

export interface ServiceOptions {
  module: URL;
  /** Flags for node. */
  flags: readonly string[];
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
  slow?: SlowFsync | undefined;
}

export class ServiceProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Starts it and waits until it says where it listens. */
  static async start({
    module,
    flags,
    args = [],
    env = {},
    slow,
  }: ServiceOptions): Promise<{ service: ServiceProcess; url: string; token: string }> {
    const plain = { program: process.execPath, args: [...flags] };
    const command = slow?.wrap(plain) ?? plain;
    const child = fork(module, args, { execPath: command.program, execArgv: command.args, env: { ...process.env, ...env } });
    const service = new ServiceProcess(child);
    try {
      const { url, token } = await service.#receive('ready');
      return { service, url, token };
    } catch (error) {
      await service.end();
      throw error;
    }
  }

  get pids(): number[] {
    return this.#child.pid === undefined ? [] : [this.#child.pid];
  }

  async progress(): Promise<MessageOf<'progress'>> {
    return this.#ask('progress');
  }

  async starts(): Promise<ReadonlyMap<string, number>> {
    return new Map((await this.#ask('starts')).starts);
  }

  async end(): Promise<void> {
    const child = this.#child;
    await endProcess(child, () => child.connected && child.send('end'));
  }

  async #ask<K extends 'progress' | 'starts'>(kind: K): Promise<MessageOf<K>> {
    if (!this.#child.connected) throw new Error('a measured process has ended');
    const answer = this.#receive(kind);
    this.#child.send(kind);
    return answer;
  }

  async #receive<K extends ServiceMessage['kind']>(kind: K): Promise<MessageOf<K>> {
    return new Promise((resolve, reject) => {
      const settle = (outcome: () => void): void => {
        this.#child.off('message', onMessage).off('exit', onExit);
        outcome();
      };
      const onExit = (code: number | null): void => settle(() => reject(new Error(`a measured process ended with ${String(code)}`)));
      const onMessage = (received: unknown): void => {
        const message = ServiceMessage.parse(received);
        if (isOf(kind, message)) settle(() => resolve(message));
      };
      this.#child.on('message', onMessage).on('exit', onExit);
    });
  }
}

function isOf<K extends ServiceMessage['kind']>(kind: K, message: ServiceMessage): message is MessageOf<K> {
  return message.kind === kind;
}
