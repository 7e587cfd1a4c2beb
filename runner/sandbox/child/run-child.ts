/**
 * Gives a started child its request, collects its answer and its prints, and makes sure that the whole process group is gone when it resolves: at the end, at the
 * deadline, on cancel and when a limit is passed. The time counts from here, however long the child has been waiting.
 */
import type { Clock } from '../../../shared/port/clock.ts';
import type { TaskFailure } from '../../../shared/port/runner.ts';
import type { LogCollector } from '../log-collector.ts';
import { SandboxProcess, type ProcessEnd } from './sandbox-process.ts';

/** How long a cancelled task may tidy up before it is killed. */
const cancelGraceMs = 500;

/** How often scratch without a limit of its own is measured. */
const scratchCheckMs = 250;

/** What V8 says last when it cannot go on: its own limit, or that of the process, which it also meets outside of the heap. */
const outOfMemory = ['heap out of memory', 'process out of memory'];

export interface ChildRequest {
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
  /** Called when the child has its request. */
  onAsked?: () => void;
}

export interface ChildEnd extends ProcessEnd {
  answer: string;
  wallMs: number;
  /** Why the parent ended it, if it did. */
  stopped?: { failure: TaskFailure; message: string };
  /** Set when the process could not even be started. */
  startError?: Error;
  /** Node said on stderr that its heap is full, or that the system gives it no more. */
  saidOutOfMemory: boolean;
}

class Supervisor {
  readonly #child: SandboxProcess;
  readonly #request: ChildRequest;
  readonly #timers: NodeJS.Timeout[] = [];
  #isEnded = false;
  #isAsked = false;
  #stopped: ChildEnd['stopped'];
  #saidOutOfMemory = false;

  constructor(child: SandboxProcess, request: ChildRequest) {
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
    if (signal.aborted) onAbort();
    void this.#ask();
    try {
      const end = await this.#child.ended;
      return {
        ...end,
        answer: this.#child.answer,
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
    const { outputBytes, log } = this.#request;
    this.#child.onPrint((stream, chunk) => {
      if (stream === 'stderr') this.#saidOutOfMemory ||= outOfMemory.some((words) => chunk.includes(words));
      log.write(stream, chunk);
    });
    this.#child.allowAnswer(outputBytes, () =>
      this.#stop(
        'output-too-large',
        `the outputs are larger than ${outputBytes} bytes as JSON; write large results to where a later task can read them`,
      ),
    );
    this.#watchScratch();
  }

  /** Gives it the request once it is ready, unless it was stopped before that. */
  async #ask(): Promise<void> {
    const { request, onReady, onAsked } = this.#request;
    if (!(await this.#child.ready)) return;
    const { innerPid } = this.#child;
    // Whatever comes of it: a child without its request would wait until the deadline.
    if (innerPid !== undefined) await onReady?.(innerPid).catch(() => undefined);
    if (this.#stopped !== undefined) return;
    this.#isAsked = true;
    this.#child.send(request);
    onAsked?.();
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
    if (!this.#isAsked) return this.#child.kill();
    this.#child.send('cancel');
    this.#timers.push(setTimeout(() => this.#child.kill(), cancelGraceMs));
  }

  #stop(failure: TaskFailure, message: string): void {
    this.#stopped ??= { failure, message };
    this.#child.kill();
  }
}

/** Runs one child to its end; an error in place of a child is told as its end. Rejects for nothing that the child does. */
export async function runChild(child: SandboxProcess | Error, request: ChildRequest): Promise<ChildEnd> {
  if (child instanceof SandboxProcess) return new Supervisor(child, request).run();
  return { answer: '', code: null, signal: null, wallMs: 0, startError: child, saidOutOfMemory: false };
}
