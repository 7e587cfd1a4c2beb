import { McError } from '../../../shared/core/errors.ts';

/** Lets so many through at once, keeps so many waiting in their order, and refuses whoever comes then with `mc:host:overloaded`. */
export class ProcessGate {
  readonly #atOnce: number;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor({ atOnce, waiting }: { atOnce: number; waiting: number }) {
    this.#atOnce = atOnce;
    this.#waitingMax = waiting;
  }

  async through<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside < this.#atOnce) this.#inside += 1;
    else await this.#turn();
    try {
      return await work();
    } finally {
      // Whoever comes next takes this place; without anybody it is free.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#inside -= 1;
    }
  }

  async #turn(): Promise<void> {
    if (this.#waiting.length >= this.#waitingMax)
      throw new McError('mc:host:overloaded', 'Too many policy bundles are being tried at once; nothing was changed.');
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
