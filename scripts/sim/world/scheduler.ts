/**
 * Virtual time. Whatever waits in the simulated world is an event with a time; events run one at a time, and between two of them everything that became
 * possible in memory happens. Since latencies are drawn from the seed, so is the order of everything.
 */
interface Scheduled {
  at: number;
  /** Events of one time run in the order in which they were made. */
  order: number;
  run: () => void;
  isCancelled: boolean;
}

/** A planned event that need not happen. */
export interface Planned {
  cancel(): void;
}

export class Scheduler {
  readonly #heap: Scheduled[] = [];
  #now = 0;
  #made = 0;
  #ran = 0;

  /** Milliseconds since the world began, with fractions. */
  get now(): number {
    return this.#now;
  }

  /** Events that ran. */
  get ran(): number {
    return this.#ran;
  }

  after(ms: number, run: () => void): Planned {
    const event: Scheduled = { at: this.#now + Math.max(0, ms), order: this.#made++, run, isCancelled: false };
    this.#push(event);
    return { cancel: () => void (event.isCancelled = true) };
  }

  /** Runs events until `isOver` says so; answers false when there was nothing left to wait for. */
  drive(isOver: () => boolean): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const step = (): void => {
        try {
          if (isOver()) return resolve(true);
          const event = this.#pop();
          if (event === undefined) return resolve(false);
          this.#now = event.at;
          this.#ran += 1;
          event.run();
        } catch (error) {
          return reject(error);
        }
        // Node runs a tick that was asked for by a microtask after all microtasks: then everybody waits again.
        queueMicrotask(() => process.nextTick(step));
      };
      step();
    });
  }

  #pop(): Scheduled | undefined {
    for (;;) {
      const event = this.#take();
      if (event === undefined || !event.isCancelled) return event;
    }
  }

  #push(event: Scheduled): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const other = heap[parent];
      if (other === undefined || isBefore(other, event)) break;
      heap[at] = other;
      at = parent;
    }
    heap[at] = event;
  }

  #take(): Scheduled | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const [a, b] = [heap[left], heap[left + 1]];
      if (a === undefined) break;
      const [child, next] = b !== undefined && isBefore(b, a) ? [b, left + 1] : [a, left];
      if (isBefore(last, child)) break;
      heap[at] = child;
      at = next;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(left: Scheduled, right: Scheduled): boolean {
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}
