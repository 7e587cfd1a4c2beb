/** Tells a burst of requests from a steady load, by how many of them are under way at once. */

/** More at once are a burst. A steady load of thousands a second has a few tens under way, because each takes some ms, and twice as many after a moment in which nothing went on. */
const many = 96;
/** So many, for so long, are one too: a caller with fewer connections. */
const some = 48;
const someForMs = 250;
/** A group commit answers a whole burst at once, and the next requests need a moment to arrive: that moment is still the burst. */
const lullMs = 30;
/** While so many requests are under way and runs are started, the burst goes on; requests that only take long are none. */
const commitMs = 500;

export class BurstWatch {
  #underWay = 0;
  #until = 0;
  /** When a request came, or a run of one was started. */
  #movedAt = 0;
  /** Since when there are some, and when that was seen last. */
  #someSince = 0;
  #someAt = Number.NEGATIVE_INFINITY;

  get underWay(): number {
    return this.#underWay;
  }

  /** Notes a request that stands for so many starts, and says whether it belongs to a burst. */
  enter(starts: number): boolean {
    this.#underWay += starts;
    const now = (this.#movedAt = performance.now());
    if (this.#underWay > some) this.#noteSome(now);
    const isBurst = this.#isCrowded(now);
    // Who comes alone with hundreds of starts leaves nobody behind who comes back in a moment.
    if (isBurst && this.#underWay > starts) this.#until = now + lullMs;
    return isBurst;
  }

  leave(starts: number): void {
    this.#underWay -= starts;
  }

  /** Notes that a run was started; a request may start hundreds. */
  noteStart(): void {
    this.#movedAt = performance.now();
  }

  isOn(): boolean {
    const now = performance.now();
    return now < this.#until || (now - this.#movedAt < commitMs && this.#isCrowded(now));
  }

  #noteSome(now: number): void {
    if (now - this.#someAt > lullMs) this.#someSince = now;
    this.#someAt = now;
  }

  #isCrowded(now: number): boolean {
    return this.#underWay > many || (this.#underWay > some && now - this.#someSince > someForMs);
  }
}
