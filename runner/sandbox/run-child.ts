/**
 * Starts one child, gives it the request on descriptor 3, collects its answer from descriptor 4 and its prints as log lines, and makes sure
 * that the whole process group is gone when it resolves: at the end, at the deadline, on cancel and when a limit is passed.
 */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import type { Duplex, Readable } from 'node:stream';
import type { Clock } from '../../shared/port/clock.ts';
import type { TaskFailure } from '../../shared/port/runner.ts';
import { descendantOf } from './descendant.ts';
import type { Command } from './isolation.ts';
import type { LogCollector } from './log-collector.ts';

/** How long a cancelled task may tidy up before it is killed. */
const cancelGraceMs = 500;

/** How long pipes may stay open behind an ended process before they are closed from our side. */
const closeGraceMs = 1_000;

/** How long the process around a sandbox may take to notice that all inside was killed. */
const killGraceMs = 500;

/** What the answer needs beyond the outputs: names, usage, the ready mark. */
const answerFrameBytes = 8 * 1024;

/** How often scratch without a limit of its own is measured. */
const scratchCheckMs = 250;

export interface ChildRequest {
  command: Command;
  env: Record<string, string>;
  /** One line of JSON. */
  request: string;
  timeoutMs: number;
  outputBytes: number;
  log: LogCollector;
  clock: Clock;
  signal: AbortSignal;
  /** Tells whether scratch has grown over its limit; absent where the file system sees to that. */
  isScratchFull?: () => Promise<boolean>;
  /** Called with the first process inside a sandbox that reports it, before that gets its request: no code of the task has run. */
  onReady?: (innerPid: number) => Promise<void>;
}

export interface ChildEnd {
  answer: string;
  code: number | null;
  signal: NodeJS.Signals | null;
  wallMs: number;
  /** Why the parent ended it, if it did. */
  stopped?: { failure: TaskFailure; message: string };
  /** Set when the process could not even be started. */
  startError?: Error;
  /** Node said on stderr that its heap is full. */
  saidOutOfMemory: boolean;
}

/** Kills the child and everything it started; it leads a process group of its own. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL'); // The group is gone already, or the child has not become its leader yet.
  }
}

/** Pipes as spawn makes them for this stdio; the type of ChildProcess cannot say so. */
function pipesOf(child: ChildProcess): { control: Duplex; answer: Readable; status: Readable | null; filter: Duplex | undefined } {
  const pipes: readonly unknown[] = child.stdio;
  return {
    control: pipes[3] as Duplex,
    answer: pipes[4] as Readable,
    status: pipes[5] as Readable | null,
    filter: pipes[6] as Duplex | undefined,
  };
}

/** What bubblewrap says on its status descriptor first: `{ "child-pid": 123, … }`, as a pid of ours. */
function innerPidOf(text: string): number | undefined {
  const pid = Number(/^\{\s*"child-pid": (\d+)/.exec(text)?.[1]);
  return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
}

class Supervisor {
  readonly #child: ChildProcess;
  readonly #request: ChildRequest;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #answer: Buffer[] = [];
  #answerBytes = 0;
  #isEnded = false;
  #isAsked = false;
  /** The first process inside the sandbox, when there is one around it that waits for it. */
  #innerPid: number | undefined;
  #stopped: ChildEnd['stopped'];
  #saidOutOfMemory = false;

  constructor(child: ChildProcess, request: ChildRequest) {
    this.#child = child;
    this.#request = request;
  }

  async run(): Promise<ChildEnd> {
    const { signal, timeoutMs, clock } = this.#request;
    const startedAt = clock.elapsedMs();
    const onAbort = (): void => this.#cancel();
    this.#timers.push(setTimeout(() => this.#stop('timeout', `the task did not end within ${timeoutMs} ms and was killed`), timeoutMs));
    this.#listen();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const end = await this.#ended();
      return {
        ...end,
        answer: Buffer.concat(this.#answer).toString(),
        wallMs: Math.round(clock.elapsedMs() - startedAt),
        saidOutOfMemory: this.#saidOutOfMemory,
        ...(this.#stopped === undefined ? {} : { stopped: this.#stopped }),
      };
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#isEnded = true;
      for (const timer of this.#timers) clearTimeout(timer);
    }
  }

  #listen(): void {
    const { control, answer, status, filter } = pipesOf(this.#child);
    const { generations } = this.#request.command;
    // Bubblewrap reads up to the end; when it is gone before, how it ended says why.
    filter?.on('error', () => undefined).end(this.#request.command.filter);
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#request.log.write('stdout', chunk));
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#saidOutOfMemory ||= chunk.includes('heap out of memory');
      this.#request.log.write('stderr', chunk);
    });
    answer.on('data', (chunk: Buffer) => this.#collect(chunk));
    status?.once('data', (chunk: Buffer) => (this.#innerPid = generations === undefined ? innerPidOf(chunk.toString()) : undefined));
    // A child that is gone cannot take its request; how it ended says why.
    control.on('error', () => undefined);
    control.resume();
    if (status === null) this.#sendRequest();
    else {
      // Whatever comes of the greeting: a child without its request would wait until the deadline.
      const send = (): void => this.#sendRequest();
      answer.once('data', () => void this.#greet().then(send, send));
    }
    this.#watchScratch();
  }

  /** Tells who the first process inside is. Its mark that it is ready comes after all of the sandbox has been set up. */
  async #greet(): Promise<void> {
    const { generations } = this.#request.command;
    if (generations !== undefined) this.#innerPid = await descendantOf(this.#child.pid, generations);
    else if (this.#innerPid === undefined) await once(pipesOf(this.#child).status ?? this.#child, 'data');
    if (this.#innerPid !== undefined) await this.#request.onReady?.(this.#innerPid);
  }

  #sendRequest(): void {
    if (this.#stopped !== undefined) return;
    this.#isAsked = true;
    pipesOf(this.#child).control.write(`${this.#request.request}\n`);
  }

  #collect(chunk: Buffer): void {
    const { outputBytes } = this.#request;
    this.#answerBytes += chunk.length;
    if (this.#answerBytes <= outputBytes + answerFrameBytes) this.#answer.push(chunk);
    else
      this.#stop(
        'output-too-large',
        `the outputs are larger than ${outputBytes} bytes as JSON; write large results to where a later task can read them`,
      );
  }

  #watchScratch(): void {
    const { isScratchFull } = this.#request;
    if (isScratchFull === undefined) return;
    const check = async (): Promise<void> => {
      const isFull = await isScratchFull();
      if (this.#isEnded) return;
      if (isFull) this.#stop('error', 'the task wrote more into scratch than its limit allows');
      else this.#timers.push(setTimeout(() => void check(), scratchCheckMs));
    };
    this.#timers.push(setTimeout(() => void check(), scratchCheckMs));
  }

  #cancel(): void {
    this.#stopped ??= { failure: 'cancelled', message: 'the task was cancelled' };
    // Before the request nothing of the task runs that could tidy up, and the child would take this line for the request.
    if (!this.#isAsked) return this.#kill();
    pipesOf(this.#child).control.write('cancel\n');
    this.#timers.push(setTimeout(() => this.#kill(), cancelGraceMs));
  }

  #stop(failure: TaskFailure, message: string): void {
    this.#stopped ??= { failure, message };
    this.#kill();
  }

  /**
   * Kills from the inside where that is possible: with the first process of a pid namespace all of it goes, and the one outside collects it. Killing
   * that one first would leave its child to init, and in a container without an init a dead process for every killed task.
   */
  #kill(): void {
    const { exitCode, signalCode } = this.#child;
    if (this.#innerPid === undefined || exitCode !== null || signalCode !== null) return killGroup(this.#child);
    this.#timers.push(setTimeout(() => killGroup(this.#child), killGraceMs));
    try {
      process.kill(this.#innerPid, 'SIGKILL');
    } catch {
      killGroup(this.#child); // It is gone already.
    }
  }

  #ended(): Promise<Pick<ChildEnd, 'code' | 'signal'>> {
    return new Promise((resolve) => {
      this.#child.once('exit', () => {
        // Something the task left behind may hold its pipes open, and `close` waits for those.
        killGroup(this.#child);
        this.#timers.push(setTimeout(() => this.#dropPipes(), closeGraceMs));
      });
      this.#child.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  #dropPipes(): void {
    for (const pipe of this.#child.stdio) pipe?.destroy();
  }
}

/** Runs one child to its end. Rejects for nothing that the child does. */
export async function runChild(request: ChildRequest): Promise<ChildEnd> {
  const { program, args, reportsPid, filter } = request.command;
  // A task that could write to the status descriptor could have us kill any process, so it exists only where bubblewrap keeps it to itself.
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', reportsPid ? 'pipe' : 'ignore'];
  if (filter !== undefined) stdio.push('pipe');
  const child = spawn(program, args, { cwd: '/', env: request.env, detached: true, stdio });
  // Without a process there may be no pipes either (no program, no more descriptors).
  if (child.pid === undefined) {
    const [startError] = (await once(child, 'error')) as [Error]; // What Node passes with this event.
    return { answer: '', code: null, signal: null, wallMs: 0, startError, saidOutOfMemory: false };
  }
  child.on('error', () => undefined); // A signal that could not be delivered; how the process ends says the rest.
  return new Supervisor(child, request).run();
}
