import type { Clock } from '../port/clock.ts';
import type { Runner, Sandbox } from '../port/runner.ts';

/** Knows which attempts run now: what a home waits for when it is told to stop, and for how long at most. */
export class RunningAttempts {
  readonly #clock: Clock;
  readonly #deadlines = new Set<{ at: number }>();

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
      provision: async (spec) => {
        const sandbox = await runner.provision(spec);
        const watched: Sandbox = {
          level: sandbox.level,
          execute: async (signal) => {
            const deadline = { at: this.#clock.elapsedMs() + spec.limits.timeoutMs };
            this.#deadlines.add(deadline);
            try {
              return await sandbox.execute(signal);
            } finally {
              this.#deadlines.delete(deadline);
            }
          },
          collectEgress: () => sandbox.collectEgress(),
          collectLogs: () => sandbox.collectLogs(),
          release: () => sandbox.release(),
        };
        return watched;
      },
    };
  }
}
