/**
 * A process that judges packs, from the outside: it is told, it answers in time, or it is ended. It is no thread, because a text, a list or a table that does not fit
 * in a heap ends the whole process, and rules make them of any size.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { PackQuestion, WorkerMessage } from './pack-worker-protocol.ts';

/** The program of the process, when this program runs from its sources; a bundled program has it elsewhere. */
export const packWorkerSource = fileURLToPath(new URL('./pack-worker-main.ts', import.meta.url));

/** What that program is called where it lies beside a bundled program. */
export const packWorkerBundle = 'pack-worker.mjs';

const processLimits = {
  /** Reading the program of the process, on a busy machine. */
  startMs: 10_000,
  /** Values that rules hand to functions outside of their module; the memory of modules has a limit of its own. */
  heapMebibytes: 128,
} as const;

/** The process was late or ended; rules can bring about either. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

const endedEarly = 'the process that judges it ended, as it does when rules need more memory than they may';

function startChild(file: string): ChildProcess {
  return fork(file, [], {
    cwd: '/',
    env: {},
    execArgv: [`--max-old-space-size=${processLimits.heapMebibytes}`],
    serialization: 'advanced',
    // What rules print and what node says of its end is nobody's; standard output is for data.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

export class PackProcess {
  readonly #child: ChildProcess;
  readonly #inbox: WorkerMessage[] = [];
  #ended: Error | undefined;
  #wake: (() => void) | undefined;

  private constructor(file: string) {
    this.#child = startChild(file);
    // Both ends are ours.
    this.#child.on('message', (message) => this.#arrive(() => this.#inbox.push(message as WorkerMessage)));
    const lost = (cause?: Error): void => this.#arrive(() => (this.#ended ??= new NoAnswer(endedEarly, { cause })));
    this.#child.on('error', lost);
    // It comes after the last message; `exit` may come before that.
    this.#child.on('disconnect', lost);
    // A home that has nothing else to do may end.
    this.#child.unref();
    this.#child.channel?.unref();
  }

  /** A process that is ready; throws when it cannot be had. */
  static async start(file: string): Promise<PackProcess> {
    const started = new PackProcess(file);
    try {
      await started.next(processLimits.startMs);
      return started;
    } catch (cause) {
      await started.end();
      throw new Error('the process that judges packs cannot be started', { cause });
    }
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  post(question: PackQuestion): void {
    // What goes wrong is an `error` event.
    this.#child.send(question);
  }

  /**
   * The next message; throws NoAnswer after this time, and at once when the process has ended. The timer keeps the home alive. `usedMs`
   * of the time may be over already.
   */
  async next(allowedMs: number, usedMs = 0): Promise<WorkerMessage> {
    if (this.#inbox.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(0, allowedMs - usedMs));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#wake = undefined;
    const message = this.#inbox.shift();
    if (message) return message;
    throw this.#ended ?? new NoAnswer(`it did not answer within ${allowedMs} ms`);
  }

  /** Ends the process, whatever it is doing. */
  async end(): Promise<void> {
    this.#ended ??= new NoAnswer('the process that judges packs was ended');
    const { exitCode, signalCode, pid } = this.#child;
    if (exitCode !== null || signalCode !== null || pid === undefined) return;
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.ref();
    this.#child.kill('SIGKILL');
    await exited;
  }

  #arrive(take: () => void): void {
    take();
    this.#wake?.();
  }
}
