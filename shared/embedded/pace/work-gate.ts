/**
 * Lets callers go before work that can wait. While many requests are under way (a burst), results of tasks and the phases of runs hold back, so that
 * every run of the burst is durable and started first. They are never starved: a trickle always goes through, and more of it when a burst does not end.
 *
 * Of the work that waits, that of the oldest run goes first. So runs end one after the other: few of them are half done at any time, and what those need is
 * still in memory.
 */
import { WaitingLine, type Waiter } from './waiting-line.ts';

/** More requests at once than this are a burst; a steady load of thousands a second has fewer under way, because each takes a few ms. */
const burstRequests = 32;
/** A group commit answers a whole burst at once, and the next requests need a moment to arrive: that moment is still the burst. */
const lullMs = 30;
/** While so many requests are under way and runs are started, the burst goes on; requests that only take long are none. */
const commitMs = 500;
/** Held-back jobs at once when no burst is on: enough to fill a group commit. */
const width = 256;
/**
 * What goes on at first when a burst seems over, then twice as much in every turn in which no request came: a caller who was only kept from a processor for a
 * moment finds the home back at once, and not behind hundreds of jobs.
 */
const firstWidth = 4;
/** While a burst lasts, so many jobs go through every few milliseconds all the same; a job takes some tenths of a millisecond. */
const trickle = { jobs: 1, everyMs: 5 } as const;
/** Who waited for so long is in a burst that does not end: then such work gets about a quarter of the time. */
const patienceMs = 2_000;
const jobsWhenLate = 6;

export class WorkGate {
  #requests = 0;
  #burstUntil = 0;
  /** When a request came, or a run of one was started. */
  #movedAt = 0;
  #active = 0;
  /** Jobs that may begin in the next turn. */
  #admissible: number = width;
  readonly #waiting = new WaitingLine();
  #timer: NodeJS.Timeout | undefined;
  #isScheduled = false;

  /** Notes a caller's request, which may stand for many starts; call what it returns when the answer is given. */
  enter(starts = 1): () => void {
    this.#requests += starts;
    this.#movedAt = performance.now();
    if (this.#requests > burstRequests) {
      this.#burstUntil = this.#movedAt + lullMs;
      this.#admissible = firstWidth;
    }
    return () => {
      this.#requests -= starts;
    };
  }

  /** Notes that a run was started; a request may start hundreds. */
  noteStart(): void {
    this.#movedAt = performance.now();
  }

  /** Runs work for this run when it is its turn. */
  async background<T>(run: string, work: () => Promise<T>): Promise<T> {
    await this.turn(run);
    this.#active += 1;
    try {
      return await work();
    } finally {
      this.#active -= 1;
      this.#schedule();
    }
  }

  /** Resolves, with the value if there is one, when work for this run may go on. */
  turn(run: string): Promise<void>;
  turn<T>(run: string, value: T): Promise<T>;
  turn(run: string, value?: unknown): Promise<unknown> {
    return new Promise((resolve) => {
      this.#waiting.add({ run, since: performance.now(), value, resolve });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#waiting.isEmpty) return;
    if (this.#isBurst()) {
      this.#timer ??= setTimeout(() => this.#trickle(), trickle.everyMs);
      return;
    }
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // A turn of the event loop lets requests that already arrived come first.
    setImmediate(() => {
      this.#isScheduled = false;
      // A request may have come since this turn was asked for.
      if (!this.#isBurst()) this.#admitMore();
      this.#schedule();
    });
  }

  #admitMore(): void {
    this.#admit(Math.min(width - this.#active, this.#admissible));
    this.#admissible = Math.min(width, 2 * this.#admissible);
  }

  #isBurst(): boolean {
    const now = performance.now();
    return now < this.#burstUntil || (this.#requests > burstRequests && now - this.#movedAt < commitMs);
  }

  #trickle(): void {
    this.#timer = undefined;
    const late = this.#waiting.takeLongest(performance.now() - patienceMs);
    // An old run that comes again and again must not keep a young one waiting for ever.
    if (late) begin(late);
    this.#admit(late ? jobsWhenLate - 1 : trickle.jobs);
    this.#schedule();
  }

  #admit(count: number): void {
    if (count <= 0) return;
    for (const job of this.#waiting.takeOldest(count)) begin(job);
  }
}

const begin = ({ resolve, value }: Waiter): void => resolve(value);
