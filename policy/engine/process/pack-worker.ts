/**
 * The one process beside a home that judges the packs of all tenants, one question at a time and one tenant after the other. It is started by the first
 * question, and after an answer that did not come in time it is ended; the next question starts another. So a rule without end, or without bounds, costs its tenant what
 * it asked, and each of the others the time of one question.
 */
import { askProcess, type ProcessQuestion } from './ask-process.ts';
import { NoAnswer, PackProcess } from './pack-process.ts';
import type { PackAnswer } from './pack-worker-protocol.ts';

/** A question takes about 0.1 ms; whoever comes after this many of the own tenant would wait too long anyway. */
const waitingMax = 2_000;

interface Waiting {
  question: ProcessQuestion;
  resolve: (answers: PackAnswer[]) => void;
  reject: (error: unknown) => void;
}

export class PackWorker {
  readonly #file: string;
  /** What waits, by tenant; the tenant whose turn it is comes first. */
  readonly #waiting = new Map<string, Waiting[]>();
  #process: PackProcess | undefined;
  #isBusy = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** The answers, one an input. Throws when the pack cannot be started, it or an earlier one of the tenant gives NoAnswer, or too many are waiting. */
  async ask(tenant: string, question: ProcessQuestion): Promise<PackAnswer[]> {
    const waiting = this.#waiting.get(tenant) ?? [];
    if (waiting.length >= waitingMax) throw new Error(`${waitingMax} questions of the tenant are waiting already`);
    return new Promise((resolve, reject) => {
      waiting.push({ question, resolve, reject });
      this.#waiting.set(tenant, waiting);
      if (!this.#isBusy) void this.#work();
    });
  }

  /** Ends the process; a later question starts another. */
  async close(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    await child?.end();
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    for (let turn = this.#nextTurn(); turn; turn = this.#nextTurn()) {
      const { tenant, question, resolve, reject } = turn;
      try {
        resolve(await this.#ask(question));
      } catch (error) {
        reject(error);
        // What else the tenant asked would get none either, one after the other, and everybody would wait for that.
        if (error instanceof NoAnswer) this.#refuseAll(tenant, error);
      }
    }
    this.#isBusy = false;
  }

  /** The oldest question of the tenant that waited longest for its turn; it comes last then. */
  #nextTurn(): (Waiting & { tenant: string }) | undefined {
    for (const [tenant, waiting] of this.#waiting) {
      const next = waiting.shift();
      this.#waiting.delete(tenant);
      if (waiting.length > 0) this.#waiting.set(tenant, waiting);
      if (next) return { ...next, tenant };
    }
    return undefined;
  }

  #refuseAll(tenant: string, error: Error): void {
    const waiting = this.#waiting.get(tenant) ?? [];
    this.#waiting.delete(tenant);
    for (const { reject } of waiting) reject(error);
  }

  async #ask(question: ProcessQuestion): Promise<PackAnswer[]> {
    if (this.#process?.hasEnded) this.#process = undefined;
    this.#process ??= await PackProcess.start(this.#file);
    const answers: PackAnswer[] = [];
    let isDone = false;
    try {
      await askProcess(this.#process, question, (more) => answers.push(...more));
      isDone = true;
      return answers;
    } finally {
      // Whatever went wrong, late answers to this question must not be taken for answers to the next.
      if (!isDone) await this.close();
    }
  }
}
