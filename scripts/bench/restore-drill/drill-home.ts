import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { hostEnvironment, hostFlags } from '../../../cli/bin/host-flags.mjs';

const Ready = z.object({ kind: z.literal('ready'), url: z.string(), token: z.string() });
const FirstMessage = z.tuple([Ready]).rest(z.unknown());
const Run = z.object({ id: z.string(), state: z.string() });
const Draft = z.object({ id: z.string() });

const script = fileURLToPath(new URL('drill-host.ts', import.meta.url));
/** What takes longer than this in a drill has failed. */
const patienceMs = 120_000;

export interface OwnBackups {
  to: string;
  everyMs: number;
  passphraseFile: string;
}

/** A home in a process group of its own, so that a kill takes the backup under way too, as the loss of a machine does. */
export class DrillHome {
  readonly #process: ChildProcess;
  readonly #url: string;
  readonly #token: string;

  private constructor(process: ChildProcess, { url, token }: z.infer<typeof Ready>) {
    this.#process = process;
    this.#url = url;
    this.#token = token;
  }

  static async open(dataDir: string, backups?: OwnBackups): Promise<DrillHome> {
    const args = backups ? [dataDir, backups.to, String(backups.everyMs), backups.passphraseFile] : [dataDir];
    const child = fork(script, args, { execArgv: [...hostFlags], env: { ...hostEnvironment, ...process.env }, detached: true });
    const ready = FirstMessage.safeParse(await Promise.race([once(child, 'message'), once(child, 'exit')]));
    if (!ready.success) throw new Error('the home of the drill did not start');
    return new DrillHome(child, ready.data[0]);
  }

  /** Kills everything of the home at once. */
  async kill(): Promise<void> {
    const ended = once(this.#process, 'exit');
    const { pid } = this.#process;
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    await ended;
  }

  async end(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.send('end');
    await ended;
  }

  async publish(manifest: string): Promise<void> {
    const { id } = Draft.parse(await this.ask('POST', '/api/workflows', manifest, 'application/yaml'));
    await this.ask('POST', `/api/workflows/${id}/publish`, '{}');
  }

  async start(workflow: string): Promise<string> {
    return Run.parse(await this.ask('POST', '/api/executions', JSON.stringify({ workflow }))).id;
  }

  /** The state of a run; undefined where the home does not know it. */
  async state(id: string): Promise<string | undefined> {
    const answer = await this.ask('GET', `/api/executions/${id}`);
    return answer === undefined ? undefined : Run.parse(answer).state;
  }

  async receipt(id: string): Promise<unknown> {
    return this.ask('GET', `/api/executions/${id}/receipt`);
  }

  async untilSucceeded(id: string): Promise<void> {
    for (const until = Date.now() + patienceMs; Date.now() < until; await delay(20)) if ((await this.state(id)) === 'succeeded') return;
    throw new Error(`the run ${id} does not end`);
  }

  /** The answer of the home, undefined for 404. */
  async ask(method: string, path: string, body?: string, type = 'application/json'): Promise<unknown> {
    const answer = await fetch(`${this.#url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, ...(body !== undefined && { 'content-type': type }) },
      ...(body !== undefined && { body }),
    });
    const text = await answer.text();
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }
}
