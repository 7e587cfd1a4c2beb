/** A queue like SQS: delivers at least once, in any order, to a bounded number of workers; what nobody acknowledges comes back, and at last lies aside. */
import { dispatchTask } from '../../../shared/execution/dispatch/dispatch-task.ts';
import type { TaskMessage, TaskQueue } from '../../../shared/port/task-queue.ts';
import type { Invoke } from './invoke.ts';
import { networkRefusals, type SimulatedProcess } from '../world/simulated-process.ts';
import type { World } from '../world/world.ts';

const visibilityMs = 15 * 60_000;
const maxReceives = 5;

interface Queued {
  message: TaskMessage;
  receives: number;
}

export class QueueService {
  readonly #world: World;
  readonly #invoke: Invoke;
  readonly #ready: Queued[] = [];
  #workers = 0;

  constructor(world: World, invoke: Invoke) {
    this.#world = world;
    this.#invoke = invoke;
  }

  portOf(process: SimulatedProcess): TaskQueue {
    return {
      send: async (messages, delayMs = 0) => {
        if (messages.length === 0) return;
        const step = { name: 'send', isWrite: true, refusals: networkRefusals };
        // Seconds are what the queue counts in.
        const wholeMs = Math.ceil(delayMs / 1_000) * 1_000;
        await process.step(step, () => messages.forEach((message) => this.#accept({ message, receives: 0 }, wholeMs)));
      },
    };
  }

  #accept(queued: Queued, delayMs: number): void {
    const world = this.#world;
    if (world.strikes('dropMessage')) return world.note('message dropped');
    this.#showAfter(queued, delayMs + world.latency());
    if (!world.strikes('doubleMessage')) return;
    world.note('message doubled');
    this.#showAfter({ ...queued }, delayMs + world.random.next() * 10_000);
  }

  #showAfter(queued: Queued, ms: number): void {
    this.#world.scheduler.after(ms, () => {
      this.#ready.push(queued);
      this.#hand();
    });
  }

  #hand(): void {
    while (this.#workers < this.#world.scenario.width && this.#ready.length > 0) {
      const [queued] = this.#ready.splice(this.#world.random.between(0, this.#ready.length - 1), 1);
      if (queued) void this.#work(queued);
    }
  }

  async #work(queued: Queued): Promise<void> {
    const world = this.#world;
    this.#workers += 1;
    try {
      await this.#invoke('worker', visibilityMs, (deps) => dispatchTask(deps, queued.message));
      // An acknowledgement may get lost like anything else.
      if (world.strikes('doubleMessage')) this.#showAfter({ ...queued }, visibilityMs);
    } catch (error) {
      world.tell('queue', () => `${queued.message.executionId}/${queued.message.taskId} comes back: ${String(error)}`);
      if (queued.receives + 1 < maxReceives) this.#showAfter({ ...queued, receives: queued.receives + 1 }, visibilityMs);
      else world.note('dead letter');
    } finally {
      this.#workers -= 1;
      this.#hand();
    }
  }
}
