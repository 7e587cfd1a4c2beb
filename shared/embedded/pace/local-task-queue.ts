/**
 * The task queue of one machine. Durable is the table, not this: a ready task is a row, so what is lost here with a crash is sent again when the
 * home restarts. Messages for the same task are folded while one waits, and never handled side by side. One that can never be handled is put
 * aside; the sweep sends it again, so what was mended goes on by itself.
 */
import { LRUCache } from 'lru-cache';
import { McError } from '../../core/errors.ts';
import type { Clock } from '../../port/clock.ts';
import type { Logger } from '../../port/logger.ts';
import { metricNames, type Metrics } from '../../port/metrics.ts';
import { deliveriesMax, type ReservedSlots, type TaskMessage, type TaskQueue } from '../../port/task-queue.ts';

export interface LocalTaskQueueOptions {
  /** Attempts at once; a sandbox needs about one core, a simulated one needs none. */
  width: number;
  clock: Clock;
  logger: Logger;
  metrics: Pick<Metrics, 'count'>;
}

/** Pause before a message whose handler threw comes back; the handler itself handles everything that a task can do. */
const redeliveryMs = 1_000;
/** Tasks whose failed deliveries are remembered; one that is forgotten gets its deliveries anew. */
const rememberedMax = 10_000;

export class LocalTaskQueue implements TaskQueue {
  readonly #options: LocalTaskQueueOptions;
  readonly #waiting = new Map<string, TaskMessage>();
  readonly #active = new Set<string>();
  readonly #again = new Map<string, TaskMessage>();
  /** Deliveries in a row that failed, by task; those with all their deliveries are put aside. */
  // A number of entries as `max` would lay out room for all of them at once.
  readonly #failed = new LRUCache<string, number>({ maxSize: rememberedMax, sizeCalculation: () => 1 });
  /** Slots in use or reserved. */
  #used = 0;
  /** Work that is no message's and waits for a slot. */
  readonly #awaited: (() => void)[] = [];
  readonly #stop = new AbortController();
  #handle: ((message: TaskMessage) => Promise<void>) | undefined;
  #idle: (() => void)[] = [];
  // One for all claimed tasks, of which thousands may be under way.
  readonly #endJob = (): void => this.#free(1);
  readonly #failJob = (error: unknown): void => {
    this.#options.logger.error('a claimed task could not be brought to its end; the sweep goes on with it', { error });
    this.#free(1);
  };

  constructor(options: LocalTaskQueueOptions) {
    this.#options = options;
  }

  /** Starts handing out messages. */
  consume(handle: (message: TaskMessage) => Promise<void>): void {
    this.#handle = handle;
    this.#pump();
  }

  async send(messages: readonly TaskMessage[], delayMs = 0): Promise<void> {
    if (this.#stop.signal.aborted) return;
    if (delayMs > 0) {
      void this.#options.clock.sleep(delayMs, this.#stop.signal).then(
        () => this.#enqueue(messages),
        () => undefined, // Stopped: the restart sends it again.
      );
      return;
    }
    this.#enqueue(messages);
  }

  reserve(slots: number): ReservedSlots | undefined {
    const isFree = this.#waiting.size === 0 && this.#used + slots <= this.#options.width;
    if (!isFree || this.#handle === undefined || this.#stop.signal.aborted) return undefined;
    this.#used += slots;
    return {
      run: (jobs) => {
        for (const job of jobs) void job().then(this.#endJob, this.#failJob);
      },
      release: () => this.#free(slots),
    };
  }

  async inSlot<T>(work: () => Promise<T>): Promise<T> {
    await new Promise<void>((resolve) => {
      this.#awaited.push(resolve);
      this.#pump();
    });
    try {
      return await work();
    } finally {
      this.#free(1);
    }
  }

  get closing(): AbortSignal {
    return this.#stop.signal;
  }

  /** Messages that wait for a free slot. */
  get backlog(): number {
    return this.#waiting.size;
  }

  /** Hands out nothing more and resolves when the running attempts ended. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#waiting.clear();
    this.#again.clear();
    if (this.#used > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #enqueue(messages: readonly TaskMessage[]): void {
    for (const message of messages) {
      const key = `${message.executionId}/${message.taskId}`;
      if (this.#active.has(key)) this.#again.set(key, message);
      else this.#waiting.set(key, message);
    }
    this.#pump();
  }

  #pump(): void {
    if (this.#stop.signal.aborted) return;
    while (this.#used < this.#options.width) {
      const begin = this.#awaited.shift();
      if (begin === undefined) break;
      this.#used += 1;
      begin();
    }
    const handle = this.#handle;
    if (!handle) return;
    for (const [key, message] of this.#waiting) {
      if (this.#used >= this.#options.width) return;
      this.#waiting.delete(key);
      this.#active.add(key);
      this.#used += 1;
      void this.#run(key, message, handle);
    }
  }

  async #run(key: string, message: TaskMessage, handle: (message: TaskMessage) => Promise<void>): Promise<void> {
    try {
      await handle(message);
      this.#failed.delete(key);
    } catch (error) {
      this.#comeBackOrPutAside(key, message, error);
    }
    this.#active.delete(key);
    const again = this.#again.get(key);
    this.#again.delete(key);
    if (again && !this.#stop.signal.aborted) this.#waiting.set(key, again);
    this.#free(1);
  }

  /** A store that does not answer says nothing about the message, which comes back until it does. */
  #comeBackOrPutAside(key: string, message: TaskMessage, error: unknown): void {
    const { logger, metrics } = this.#options;
    const isOutage = error instanceof McError && error.retry === 'backoff';
    const deliveries = (this.#failed.get(key) ?? 0) + (isOutage ? 0 : 1);
    if (!isOutage) this.#failed.set(key, deliveries);
    const place = { executionId: message.executionId, taskId: message.taskId, deliveries, error };
    if (deliveries < deliveriesMax || isOutage) {
      logger.error('a task message could not be handled; it comes back', place);
      void this.send([message], redeliveryMs);
      return;
    }
    logger.error('a task message was put aside, because no delivery of it could be handled; the sweep tries again', place);
    if (deliveries === deliveriesMax) metrics.count(metricNames.taskDeadLettersTotal);
  }

  #free(slots: number): void {
    this.#used -= slots;
    if (this.#used === 0) for (const wake of this.#idle.splice(0)) wake();
    this.#pump();
  }
}
