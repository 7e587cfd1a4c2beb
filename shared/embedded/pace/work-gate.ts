/**
 * Lets callers go before work that can wait. While many requests are under way (a burst), results of tasks and the phases of runs hold back, so that
 * every run of the burst is durable and started first. They are never starved: a trickle always goes through, and more of it when a burst does not end.
 * In a home that is nearly full nothing holds back: only runs that end make room for further ones.
 *
 * Of the work that waits, that of the oldest run goes first. So runs end one after the other: few of them are half done at any time, and what those need is
 * still in memory.
 */
import { BurstWatch } from './burst-watch.ts';
import { WaitingLine, type Waiter } from './waiting-line.ts';

/** Held-back jobs at once when nobody asks: enough to fill a group commit. */
const width = 256;
/** Under a load, which is more requests at once than this, a few: whoever asks meanwhile waits for all of them. */
const loadRequests = 8;
const widthUnderLoad = 24;
/**
 * What goes on at first when a burst seems over, then twice as much in every turn in which no request came: a caller who was only kept from a processor for a
 * moment finds the home back at once, and not behind hundreds of jobs.
 */
const firstWidth = 4;
/** While a burst lasts, one job goes through every so many ticks all the same; a job takes some tenths of a millisecond. */
const tickMs = 5;
const ticksPerJob = 4;
/** Who waited for so long is in a burst that does not end: then so many go through with every tick, which is about a quarter of the time. */
const patienceMs = 2_000;
const jobsWhenLate = 6;

export class WorkGate {
  readonly #isFilling: () => boolean;
  readonly #burst = new BurstWatch();
  #active = 0;
  /** Jobs that may begin in the next turn. */
  #admissible: number = width;
  readonly #waiting = new WaitingLine();
  #timer: NodeJS.Timeout | undefined;
  #ticks = 0;
  #isScheduled = false;

  /** `isFilling` says whether nearly as many runs are open as the home takes. */
  constructor(isFilling: () => boolean = () => false) {
    this.#isFilling = isFilling;
  }

  /** Notes a caller's request, which may stand for many starts; call what it returns when the answer is given. */
  enter(starts = 1): () => void {
    if (this.#burst.enter(starts) && !this.#isFilling()) this.#admissible = firstWidth;
    return () => this.#burst.leave(starts);
  }

  /** Whether several callers ask at once. */
  get isUnderLoad(): boolean {
    return this.#burst.underWay > loadRequests;
  }

  /** Whether work that can wait leaves most of the time to the callers of a load. */
  get putsCallersFirst(): boolean {
    return this.isUnderLoad && !this.#isFilling();
  }

  /** Notes that a run was started; a request may start hundreds. */
  noteStart(): void {
    this.#burst.noteStart();
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
    if (this.#holdsBack()) {
      this.#timer ??= setTimeout(() => this.#tick(), tickMs);
      return;
    }
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // A turn of the event loop lets requests that already arrived come first.
    setImmediate(() => {
      this.#isScheduled = false;
      // A request may have come since this turn was asked for.
      if (!this.#holdsBack()) this.#admitMore();
      this.#schedule();
    });
  }

  #holdsBack(): boolean {
    return this.#burst.isOn() && !this.#isFilling();
  }

  #admitMore(): void {
    this.#admit(Math.min((this.putsCallersFirst ? widthUnderLoad : width) - this.#active, this.#admissible));
    this.#admissible = Math.min(width, 2 * this.#admissible);
  }

  #tick(): void {
    this.#timer = undefined;
    this.#ticks += 1;
    const late = this.#waiting.takeLongest(performance.now() - patienceMs);
    // An old run that comes again and again must not keep a young one waiting for ever.
    if (late) {
      begin(late);
      this.#admit(jobsWhenLate - 1);
    } else if (this.#ticks % ticksPerJob === 0) this.#admit(1);
    this.#schedule();
  }

  #admit(count: number): void {
    if (count <= 0) return;
    for (const job of this.#waiting.takeOldest(count)) begin(job);
  }
}

const begin = ({ resolve, value }: Waiter): void => resolve(value);
