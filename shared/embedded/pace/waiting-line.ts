/** Work that waits for its turn. Thousands do in a burst, and the garbage collector goes over each of them again and again: what waits is this, and no closure. */
export interface Waiter {
  /** The run that it is about; ids are sorted by time. */
  run: string;
  /** On the clock that never goes back; who is added later has not waited for longer. */
  since: number;
  value: unknown;
  resolve: (value: unknown) => void;
}

/** Stands where nobody does: before every run. */
const nobody: Waiter = { run: '', since: 0, value: undefined, resolve: () => undefined };

/** Places that are kept free in front, at least. */
const leastRoom = 64;

/** Who waits, in two orders: by the run that it is about, and by how long it has waited. */
export class WaitingLine {
  /**
   * Of one run, in the order in which they came. Free places are in front: a run that comes again goes in among the oldest of thousands, and so moves those few, and not
   * all behind them.
   */
  #byRun: Waiter[] = [];
  /** Where the oldest stands; before it there is nobody. */
  #first = 0;
  readonly #byArrival = new Set<Waiter>();

  get isEmpty(): boolean {
    return this.#byArrival.size === 0;
  }

  add(waiter: Waiter): void {
    this.#byArrival.add(waiter);
    const line = this.#byRun;
    // Runs of a burst come in their order.
    if ((line.at(-1)?.run ?? '') <= waiter.run) {
      line.push(waiter);
      return;
    }
    const at = this.#endOf(waiter.run);
    if (line.length - at <= at - this.#first) line.splice(at, 0, waiter);
    else this.#addBefore(at, waiter);
  }

  /** Takes up to so many, those of the oldest runs. */
  takeOldest(count: number): Waiter[] {
    const end = Math.min(this.#first + count, this.#byRun.length);
    const taken = this.#byRun.slice(this.#first, end);
    for (const waiter of taken) this.#byArrival.delete(waiter);
    this.#byRun.fill(nobody, this.#first, end);
    this.#first = end;
    this.#keepRoom();
    return taken;
  }

  /** Takes the one that has waited longest, if it does so since this time or before. */
  takeLongest(since: number): Waiter | undefined {
    const [waiter] = this.#byArrival;
    if (waiter === undefined || waiter.since > since) return undefined;
    this.#byArrival.delete(waiter);
    this.#byRun.splice(this.#byRun.lastIndexOf(waiter, this.#endOf(waiter.run) - 1), 1);
    return waiter;
  }

  /** Those before this place move forward by one. */
  #addBefore(at: number, waiter: Waiter): void {
    if (this.#first === 0) {
      const room = Math.max(leastRoom, this.#byRun.length >>> 1);
      this.#byRun = [...Array<Waiter>(room).fill(nobody), ...this.#byRun];
      this.#first = room;
      at += room;
    }
    for (let place = this.#first; place < at; place += 1) this.#byRun[place - 1] = this.#byRun[place] ?? nobody;
    this.#byRun[at - 1] = waiter;
    this.#first -= 1;
  }

  /** No more free places than are worth their memory. */
  #keepRoom(): void {
    const waiting = this.#byRun.length - this.#first;
    if (this.#first <= leastRoom + 2 * waiting) return;
    const room = leastRoom + (waiting >>> 1);
    this.#byRun.splice(0, this.#first - room);
    this.#first = room;
  }

  /** Where those of this run, and of older ones, end. */
  #endOf(run: string): number {
    let [low, high] = [this.#first, this.#byRun.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#byRun[middle]?.run ?? '') <= run) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
