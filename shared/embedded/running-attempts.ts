import type { Clock } from '../port/clock.ts';
import type { Runner, Sandbox, TaskResult } from '../port/runner.ts';
import { OuterSandbox } from './outer-sandbox.ts';

interface Deadline {
  at: number;
}

/** Knows which attempts run now: what a home waits for when it is told to stop, and for how long at most. */
export class RunningAttempts {
  readonly #clock: Clock;
  /** When each of them ends at the latest, on the clock that never goes back. */
  readonly #deadlines = new Set<Deadline>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get count(): number {
    return this.#deadlines.size;
  }

  /** How long the longest of them may still take; 0 when none runs. */
  get remainingMs(): number {
    const latest = Math.max(0, ...[...this.#deadlines].map(({ at }) => at));
    return Math.max(0, latest - this.#clock.elapsedMs());
  }

  /** The same runner, whose attempts are counted from now on. */
  watch(runner: Runner): Runner {
    return {
      level: () => runner.level(),
      provision: async (spec) => new WatchedSandbox(await runner.provision(spec), this, spec.limits.timeoutMs),
    };
  }

  /** Counts an attempt that takes so many milliseconds at most, until `end` is called with what this answers. */
  begin(timeoutMs: number): Deadline {
    const deadline = { at: this.#clock.elapsedMs() + timeoutMs };
    this.#deadlines.add(deadline);
    return deadline;
  }

  end(deadline: Deadline): void {
    this.#deadlines.delete(deadline);
  }
}

/** An attempt runs from its beginning until its sandbox is given back. */
class WatchedSandbox extends OuterSandbox {
  readonly #running: RunningAttempts;
  readonly #timeoutMs: number;
  #deadline: Deadline | undefined;

  constructor(inner: Sandbox, running: RunningAttempts, timeoutMs: number) {
    super(inner);
    this.#running = running;
    this.#timeoutMs = timeoutMs;
  }

  override execute(signal: AbortSignal): Promise<TaskResult> {
    this.#deadline = this.#running.begin(this.#timeoutMs);
    return super.execute(signal);
  }

  override release(): Promise<void> {
    if (this.#deadline) this.#running.end(this.#deadline);
    return super.release();
  }
}
