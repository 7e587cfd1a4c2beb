/** A thread that judges packs, from the outside: it is told, it answers in time, or it is ended. */
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { allowOwnHeapLimits } from '../../../shared/core/own-heap-limits.ts';
import type { PackQuestion, WorkerMessage } from './pack-worker-protocol.ts';

/** The program of the thread, when this program runs from its sources; a bundled program has it elsewhere. */
export const packWorkerSource = fileURLToPath(new URL('./pack-worker-main.ts', import.meta.url));

/** What that program is called where it lies beside a bundled program. */
export const packWorkerBundle = 'pack-worker.mjs';

const threadLimits = {
  /** Reading the program of the thread, on a busy machine. */
  startMs: 10_000,
  /** Values that rules hand to functions outside of their module; the memory of modules has a limit of its own. */
  heapMebibytes: 128,
} as const;

/** The thread did not answer in the time it had. */
export class LateAnswer extends Error {
  override readonly name = 'LateAnswer';

  constructor(allowedMs: number) {
    super(`it did not answer within ${allowedMs} ms`);
  }
}

export class PackThread {
  readonly #worker: Worker;
  readonly #inbox: WorkerMessage[] = [];
  #ended: Error | undefined;
  #wake: (() => void) | undefined;

  private constructor(file: string) {
    allowOwnHeapLimits();
    this.#worker = new Worker(file, {
      name: 'mc-policy-packs',
      env: {},
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: threadLimits.heapMebibytes },
    });
    this.#worker.on('message', (message: WorkerMessage) => this.#arrive(() => this.#inbox.push(message)));
    this.#worker.on('error', (error) => this.#arrive(() => (this.#ended ??= error instanceof Error ? error : new Error(String(error)))));
    this.#worker.on('exit', () => this.#arrive(() => (this.#ended ??= new Error('the thread that judges packs has ended'))));
    // A home that has nothing else to do may end.
    this.#worker.unref();
  }

  /** A thread that is ready; throws when it cannot be had. */
  static async start(file: string): Promise<PackThread> {
    const thread = new PackThread(file);
    try {
      await thread.next(threadLimits.startMs);
      return thread;
    } catch (error) {
      await thread.end();
      throw error;
    }
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  post(question: PackQuestion): void {
    this.#worker.postMessage(question);
  }

  /**
   * The next message; throws a LateAnswer after this time, and at once when the thread has ended. The timer keeps the process alive. `usedMs`
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
    throw this.#ended ?? new LateAnswer(allowedMs);
  }

  /** Ends the thread, whatever it is doing. */
  async end(): Promise<void> {
    this.#ended ??= new Error('the thread that judges packs was ended');
    await this.#worker.terminate();
  }

  #arrive(take: () => void): void {
    take();
    this.#wake?.();
  }
}
