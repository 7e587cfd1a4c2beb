/**
 * Applies the journal to the table in a thread of its own: SQLite changes rows and indexes and moves its log while the event loop starts runs. Started when there is
 * much to do; it never keeps the process alive.
 */
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { startThread } from '../start-thread.ts';
import { journalOf } from './sqlite-schema.ts';

/** MB. Its garbage is the texts of some entries at a time; what it ever has at once is what the table lets go unapplied. */
const limits = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 256 } as const;
const program = fileURLToPath(new URL('./applier-thread-main.ts', import.meta.url));

export class ApplierThread {
  readonly #table: string;
  #worker: Worker | undefined;
  #work: { done: Promise<number | undefined>; resolve: (applied: number | undefined) => void } | undefined;
  #isClosed = false;

  /** `table` is the path of the table's file. */
  constructor(table: string) {
    this.#table = table;
  }

  /** Whether there is one already. */
  get isStarted(): boolean {
    return this.#worker !== undefined;
  }

  /** What the thread does now. */
  get atWork(): Promise<number | undefined> | undefined {
    return this.#work?.done;
  }

  /** Applies what is in the journal now, and answers the newest number that the table holds then; undefined when the thread failed, and somebody else has to. */
  apply(): Promise<number | undefined> {
    if (this.#isClosed) return Promise.resolve(undefined);
    if (this.#work) return this.#work.done;
    const work = Promise.withResolvers<number | undefined>();
    this.#work = { done: work.promise, resolve: work.resolve };
    this.#worker ??= this.#start();
    this.#worker.postMessage('apply');
    return work.promise;
  }

  /** Ends the thread after what it has begun. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker === undefined) return;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.ref(); // Whoever waits for its end must not end before it.
    worker.postMessage('close');
    await ended;
  }

  #start(): Worker {
    const workerData = { table: this.#table, journal: journalOf(this.#table) };
    const worker = startThread(program, 'mc-journal', limits, workerData);
    worker.on('message', (applied: number) => this.#end(applied));
    worker.on('error', () => undefined); // It exits next.
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      this.#end(undefined);
    });
    return worker;
  }

  #end(applied: number | undefined): void {
    const work = this.#work;
    this.#work = undefined;
    work?.resolve(applied);
  }
}
