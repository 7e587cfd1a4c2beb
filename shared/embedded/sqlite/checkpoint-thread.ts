/**
 * Moves the write-ahead log into the table in a thread of its own. SQLite does it inside of a commit otherwise, and 200 MB of log hold the event loop, and with it every
 * start of a run, for a third of a second. Started when there is something to move; it never keeps the process alive.
 */
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { threadEnvironment } from '../thread-environment.ts';

const program = fileURLToPath(new URL('./checkpoint-thread-main.ts', import.meta.url));

export class CheckpointThread {
  readonly #path: string;
  #worker: Worker | undefined;
  #isAtWork = false;
  #isClosed = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Begins to move what is in the log now, unless the thread is at it already. A thread that fails is none: SQLite then does it in a commit. */
  begin(): void {
    if (this.#isAtWork || this.#isClosed) return;
    this.#isAtWork = true;
    this.#worker ??= this.#start();
    this.#worker.postMessage('checkpoint');
  }

  /** Ends the thread; what it had begun goes on the next time the table is opened. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker === undefined) return;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.postMessage('close');
    await ended;
  }

  #start(): Worker {
    const worker = new Worker(program, { name: 'mc-checkpoints', env: threadEnvironment(), execArgv: [], workerData: this.#path });
    worker.on('message', () => (this.#isAtWork = false));
    worker.on('error', () => undefined); // It exits next.
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      this.#isAtWork = false;
    });
    worker.unref();
    return worker;
  }
}
