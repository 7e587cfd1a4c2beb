/**
 * The task queue of one machine. Durable is the table, not this: a ready task is a row, so what is lost here with a crash is sent again when the
 * home restarts. Messages for the same task are folded while one waits, and never handled side by side.
 */
import type { Clock } from '../../port/clock.ts';
import type { Logger } from '../../port/logger.ts';
import type { ReservedSlots, TaskMessage, TaskQueue } from '../../port/task-queue.ts';

export interface LocalTaskQueueOptions {
  /** Attempts at once; a sandbox needs about one core, a simulated one needs none. */
  width: number;
  clock: Clock;
  logger: Logger;
}

/** Pause before a message whose handler threw comes back; the handler itself handles everything that a task can do. */
const redeliveryMs = 1_000;

export class LocalTaskQueue implements TaskQueue {
  readonly #options: LocalTaskQueueOptions;
  readonly #waiting = new Map<string, TaskMessage>();
  readonly #active = new Set<string>();
  readonly #again = new Map<string, TaskMessage>();
  /** Slots in use or reserved. */
  #used = 0;
  readonly #stop = new AbortController();
  #handle: ((message: TaskMessage) => Promise<void>) | undefined;
  #idle: (() => void)[] = [];

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
        for (const job of jobs) {
          void job().then(
            () => this.#free(1),
            (error: unknown) => {
              this.#options.logger.error('a claimed task could not be brought to its end; the sweep goes on with it', { error });
              this.#free(1);
            },
          );
        }
      },
      release: () => this.#free(slots),
    };
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
    } catch (error) {
      this.#options.logger.error('a task message could not be handled; it comes back', {
        executionId: message.executionId,
        taskId: message.taskId,
        error,
      });
      void this.send([message], redeliveryMs);
    }
    this.#active.delete(key);
    const again = this.#again.get(key);
    this.#again.delete(key);
    if (again && !this.#stop.signal.aborted) this.#waiting.set(key, again);
    this.#free(1);
  }

  #free(slots: number): void {
    this.#used -= slots;
    if (this.#used === 0) for (const wake of this.#idle.splice(0)) wake();
    this.#pump();
  }
}
