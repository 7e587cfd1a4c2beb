/** The time, injected so that tests and simulations own it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds with fractions on a clock that never goes back; only differences mean anything. What durations are measured with. */
  elapsedMs(): number;
  /** Resolves after the time has passed, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

let last = { ms: NaN, iso: '' };

/** A time in milliseconds as ISO 8601 in UTC. Many are asked for within one millisecond, so the last is kept. */
export function isoTime(ms: number): string {
  if (ms !== last.ms) last = { ms, iso: new Date(ms).toISOString() };
  return last.iso;
}

/** Milliseconds from one time of the clock to a later one; 0 when the clock was put back in between. */
export function msSince(then: number, now: number): number {
  return Math.max(0, now - then);
}
