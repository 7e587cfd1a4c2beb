/**
 * One started child and the pipes to it, with nothing asked of it yet: it waits for the first line on descriptor 3. Cold and warm attempts have it alike;
 * what differs is how long it waits. Until somebody listens to its prints they stay in the pipes, which are bounded.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { pipesOf, stdioOf, type ChildPipes } from './child-pipes.ts';
import { descendantOf } from './descendant.ts';
import type { Command } from '../isolation.ts';

/** How long pipes may stay open behind an ended process before they are closed from our side. */
const closeGraceMs = 1_000;

/** How long the process around a sandbox may take to notice that all inside was killed. */
const killGraceMs = 500;

/** What the answer needs beyond the outputs: names, usage, the ready mark. */
const answerFrameBytes = 8 * 1024;

/** All that a child may have said before it was asked. */
const readyMark = '{"ready":true}\n';

export interface ProcessEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
}

type TakePrint = (stream: 'stdout' | 'stderr', chunk: Buffer) => void;

/** What bubblewrap says on its status descriptor first: `{ "child-pid": 123, … }`, as a pid of ours. */
function innerPidOf(text: string): number | undefined {
  const pid = Number(/^\{\s*"child-pid": (\d+)/.exec(text)?.[1]);
  return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
}

export class SandboxProcess {
  readonly #child: ChildProcess;
  readonly #pipes: ChildPipes;
  readonly #generations: number | undefined;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #answer: Buffer[] = [];
  #answerBytes = 0;
  #answerLimit = answerFrameBytes;
  #onOverflow: () => void = () => this.kill();
  #takePrint: TakePrint | undefined;
  #innerPid: number | undefined;
  /** Resolves with how it ended, when nothing holds its pipes open any more. */
  readonly ended: Promise<ProcessEnd>;
  /** Whether the sandbox was set up and the child waits for its request; false when it ended before. */
  readonly ready: Promise<boolean>;

  private constructor(child: ChildProcess, command: Command) {
    this.#child = child;
    this.#pipes = pipesOf(child);
    this.#generations = command.generations;
    this.ended = this.#watchEnd();
    this.#listen(command);
    const marked = once(this.#pipes.answer, 'data').then(() => this.#greet());
    // Whatever comes of the greeting: a child without its request would wait until the deadline.
    const isReady = marked.then(
      () => true,
      () => true,
    );
    this.ready = Promise.race([isReady, this.ended.then(() => false)]);
  }

  /** Starts the command with exactly this environment; an error when no process could be made. */
  static async start(command: Command, env: Record<string, string>): Promise<SandboxProcess | Error> {
    const { program, args } = command;
    let child: ChildProcess;
    try {
      child = spawn(program, args, { cwd: '/', env, detached: true, stdio: stdioOf(command) });
    } catch (error) {
      return error as Error; // What Node throws in place of the event for some codes of the system, such as ENOMEM and E2BIG.
    }
    // Without a process there may be no pipes either (no program, no more descriptors).
    if (child.pid === undefined) {
      const [startError] = (await once(child, 'error')) as [Error]; // What Node passes with this event.
      return startError;
    }
    child.on('error', () => undefined); // A signal that could not be delivered; how the process ends says the rest.
    return new SandboxProcess(child, command);
  }

  /** The first process inside a sandbox that reports it; known when it is ready. */
  get innerPid(): number | undefined {
    return this.#innerPid;
  }

  /** Whether it still waits for its first line, and has said nothing but that it is ready. */
  get isWaiting(): boolean {
    return this.#isAlive && this.answer === readyMark;
  }

  /** What came on the answer descriptor so far. */
  get answer(): string {
    return Buffer.concat(this.#answer).toString();
  }

  /** Takes outputs of this size from now on; `onOverflow` is told once when there is more, and the rest is dropped. */
  allowAnswer(outputBytes: number, onOverflow: () => void): void {
    this.#answerLimit = outputBytes + answerFrameBytes;
    this.#onOverflow = onOverflow;
  }

  /** From now on what the child prints goes there, and nowhere else. */
  onPrint(take: TakePrint): void {
    const isFirst = this.#takePrint === undefined;
    this.#takePrint = take;
    if (!isFirst) return;
    for (const stream of ['stdout', 'stderr'] as const)
      this.#child[stream]?.on('data', (chunk: Buffer) => this.#takePrint?.(stream, chunk));
  }

  send(line: string): void {
    this.#pipes.control.write(`${line}\n`);
  }

  /**
   * Kills from the inside where that is possible: with the first process of a pid namespace all of it goes, and the one outside collects it. Killing
   * that one first would leave its child to init, and in a container without an init a dead process for every killed task.
   */
  kill(): void {
    // Its number may be another process's by now; what it left in its group was killed when it ended.
    if (!this.#isAlive) return;
    if (this.#innerPid === undefined) return this.#killGroup();
    this.#timers.push(setTimeout(() => this.#killGroup(), killGraceMs));
    try {
      process.kill(this.#innerPid, 'SIGKILL');
    } catch {
      this.#killGroup(); // It is gone already.
    }
  }

  get #isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  #listen({ filter: program }: Command): void {
    const { control, answer, status, filter } = this.#pipes;
    // Bubblewrap reads up to the end; when it is gone before, how it ended says why.
    filter?.on('error', () => undefined).end(program);
    answer.on('data', (chunk: Buffer) => this.#collect(chunk));
    status?.once('data', (chunk: Buffer) => {
      if (this.#generations === undefined) this.#innerPid = innerPidOf(chunk.toString());
    });
    // A child that is gone cannot take its request; how it ended says why.
    control.on('error', () => undefined);
    control.resume();
  }

  /** Learns who the first process inside is. The mark that it is ready comes after all of the sandbox has been set up. */
  async #greet(): Promise<void> {
    const { status } = this.#pipes;
    if (status === null) return;
    if (this.#generations !== undefined) this.#innerPid = await descendantOf(this.#child.pid, this.#generations);
    else if (this.#innerPid === undefined) await once(status, 'data');
  }

  #collect(chunk: Buffer): void {
    const wasWithin = this.#answerBytes <= this.#answerLimit;
    this.#answerBytes += chunk.length;
    if (this.#answerBytes <= this.#answerLimit) this.#answer.push(chunk);
    else if (wasWithin) this.#onOverflow();
  }

  /** Kills the child and everything it started; it leads a process group of its own. */
  #killGroup(): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      this.#child.kill('SIGKILL'); // The group is gone already, or the child has not become its leader yet.
    }
  }

  #watchEnd(): Promise<ProcessEnd> {
    return new Promise((resolve) => {
      this.#child.once('exit', () => {
        // Something the task left behind may hold its pipes open, and `close` waits for those.
        this.#killGroup();
        this.#timers.push(setTimeout(() => this.#child.stdio.forEach((pipe) => pipe?.destroy()), closeGraceMs));
      });
      this.#child.once('close', (code, signal) => {
        for (const timer of this.#timers) clearTimeout(timer);
        resolve({ code, signal });
      });
    });
  }
}
