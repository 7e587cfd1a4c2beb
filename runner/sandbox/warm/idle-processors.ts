import { cpus } from 'node:os';

/** Where less than this much of one processor was idle, a spare would take its start from work that somebody waits for. */
const idleShare = 0.75;

interface Times {
  idle: number;
  total: number;
}

function readTimes(): Times {
  const all = cpus().map(({ times }) => times);
  const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
  return { idle: sum(all.map(({ idle }) => idle)), total: sum(all.flatMap((times) => Object.values(times))) };
}

/** Tells whether most of one processor of this machine was idle since it was asked last, whoever used the others. */
export class IdleProcessors {
  readonly #read: () => Times;
  readonly #processors: number;
  #before: Times;

  constructor(read: () => Times = readTimes, processors: number = cpus().length) {
    this.#read = read;
    this.#processors = processors;
    this.#before = read();
  }

  hasRoom(): boolean {
    const now = this.#read();
    const total = now.total - this.#before.total;
    const idle = now.idle - this.#before.idle;
    this.#before = now;
    return total > 0 && (idle / total) * this.#processors >= idleShare;
  }
}
