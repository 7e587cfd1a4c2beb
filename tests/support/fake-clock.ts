import type { Clock } from '../../shared/port/clock.ts';

/** A clock that only moves when a test says so; sleepers wake in the order of their time. */
export class FakeClock implements Clock {
  #now: number;
  #sleepers: { at: number; wake(): void }[] = [];

  constructor(now = Date.UTC(2026, 0, 15, 12)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  elapsedMs(): number {
    return this.#now;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#sleepers.push({ at: this.#now + ms, wake: resolve });
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  }

  /** Moves the time on and wakes everyone who is due. */
  advance(ms: number): void {
    this.#now += ms;
    const due = this.#sleepers.filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at);
    this.#sleepers = this.#sleepers.filter(({ at }) => at > this.#now);
    for (const sleeper of due) sleeper.wake();
  }
}
