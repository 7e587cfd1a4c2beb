/**
 * What was read a moment ago, for many who ask the same. Nobody is answered by what is older than `reusedMs`; and where it is asked for often, the next reading begins before the last is too old, so that
 * hardly anybody waits for it: a reading of what changes all the time takes until the disk has the newest change.
 */

/** A burst asks hundreds of times in this while. */
export const reusedMs = 50;
const aheadMs = reusedMs / 2;
/** Asked for less often than this within `aheadMs`, nobody may come who would wait; a reading costs something on AWS. */
const oftenUses = 8;

interface Reading<T> {
  value: Promise<T>;
  /** When it began. */
  at: number;
  uses: number;
}

export class ReusedReading<T> {
  /** The newest that is there. */
  #last: Reading<T> | undefined;
  /** The one that is under way. */
  #next: Reading<T> | undefined;

  /** As it was at most `reusedMs` before `now`, which is milliseconds on one clock. Rejects as `read` does; a failure is not kept. */
  async at(now: number, read: () => Promise<T>): Promise<T> {
    const last = usable(this.#last, now);
    if (!last) return use(usable(this.#next, now) ?? this.#begin(now, read));
    if (last.uses >= oftenUses && now - last.at >= aheadMs && !usable(this.#next, now)) this.#begin(now, read);
    return use(last);
  }

  /** As it is now; it is also what the next are told. */
  async fresh(now: number, read: () => Promise<T>): Promise<T> {
    this.#last = undefined;
    return use(this.#begin(now, read));
  }

  #begin(now: number, read: () => Promise<T>): Reading<T> {
    const reading: Reading<T> = { value: read(), at: now, uses: 0 };
    this.#next = reading;
    const end = (last: Reading<T> | undefined): void => {
      // Another may have begun since.
      if (this.#next !== reading) return;
      this.#next = undefined;
      this.#last = last;
    };
    reading.value.then(
      () => end(reading),
      () => end(this.#last),
    );
    return reading;
  }
}

/** A clock may go back. */
function usable<T>(reading: Reading<T> | undefined, now: number): Reading<T> | undefined {
  return reading && now >= reading.at && now - reading.at < reusedMs ? reading : undefined;
}

function use<T>(reading: Reading<T>): Promise<T> {
  reading.uses += 1;
  return reading.value;
}
