/** Work that waits for its turn. Thousands do in a burst, and the garbage collector goes over each of them again and again: what waits is this, and no closure. */
export interface Waiter {
  /** The run that it is about; ids are sorted by time. */
  run: string;
  /** On the clock that never goes back; who is added later has not waited for longer. */
  since: number;
  value: unknown;
  resolve: (value: unknown) => void;
}

/** Who waits, in two orders: by the run that it is about, and by how long it has waited. */
export class WaitingLine {
  /** Of one run, in the order in which they came. */
  readonly #byRun: Waiter[] = [];
  readonly #byArrival = new Set<Waiter>();

  get isEmpty(): boolean {
    return this.#byArrival.size === 0;
  }

  add(waiter: Waiter): void {
    this.#byArrival.add(waiter);
    // Runs of a burst come in their order.
    if ((this.#byRun.at(-1)?.run ?? '') <= waiter.run) this.#byRun.push(waiter);
    else this.#byRun.splice(this.#endOf(waiter.run), 0, waiter);
  }

  /** Takes up to so many, those of the oldest runs. */
  takeOldest(count: number): Waiter[] {
    const taken = this.#byRun.splice(0, count);
    for (const waiter of taken) this.#byArrival.delete(waiter);
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

  /** Where those of this run, and of older ones, end. */
  #endOf(run: string): number {
    let [low, high] = [0, this.#byRun.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#byRun[middle]?.run ?? '') <= run) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
