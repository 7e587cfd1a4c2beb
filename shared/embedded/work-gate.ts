/**
 * Lets work on the latency path (admission, first tasks) go before work that can wait (supervision, sealing), without ever starving the latter:
 * while the foreground is busy, background work still gets a guaranteed share.
 */
export class WorkGate {
  /** Background jobs at once when the foreground is quiet: enough to fill a group commit. */
  readonly #width: number;
  /** Guaranteed share while the foreground is busy: one job a pause. */
  readonly #busyPauseMs: number;
  #foreground = 0;
  #active = 0;
  readonly #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isScheduled = false;

  constructor(options: { width?: number; busyPauseMs?: number } = {}) {
    this.#width = options.width ?? 64;
    this.#busyPauseMs = options.busyPauseMs ?? 5;
  }

  /** Runs foreground work at once; background work holds back until it is done. */
  async foreground<T>(work: () => Promise<T>): Promise<T> {
    this.#foreground += 1;
    try {
      return await work();
    } finally {
      this.#foreground -= 1;
      if (this.#foreground === 0) this.#schedule();
    }
  }

  /** Runs background work when it is its turn. */
  async background<T>(work: () => Promise<T>): Promise<T> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      this.#schedule();
    });
    try {
      return await work();
    } finally {
      this.#active -= 1;
      this.#schedule();
    }
  }

  #schedule(): void {
    if (this.#waiting.length === 0) return;
    if (this.#foreground > 0) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#admit(this.#active + 1);
        this.#schedule();
      }, this.#busyPauseMs);
      return;
    }
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // A turn of the event loop lets requests that already arrived come first.
    setImmediate(() => {
      this.#isScheduled = false;
      if (this.#foreground === 0) this.#admit(this.#width);
      else this.#schedule();
    });
  }

  #admit(limit: number): void {
    while (this.#active < Math.min(limit, this.#width)) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#active += 1;
      next();
    }
  }
}
