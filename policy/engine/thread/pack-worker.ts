/**
 * The one thread of a process that judges the packs of all tenants, one question at a time. It is started by the first question, and after an
 * answer that did not come in time it is ended; the next question starts another. So a rule without end costs its tenant the answer, and
 * everybody else the time it was given.
 */
import { askThread, type ThreadQuestion } from './ask-thread.ts';
import { PackThread } from './pack-thread.ts';
import type { PackAnswer } from './pack-worker-protocol.ts';

/** A question takes about 0.1 ms; whoever comes after this many would wait too long anyway. */
const waitingMax = 2_000;

export class PackWorker {
  readonly #file: string;
  #thread: PackThread | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** The answers, one an input. Throws when the pack cannot be started, is late (LateAnswer), or too many others are waiting. */
  async ask(question: ThreadQuestion): Promise<PackAnswer[]> {
    if (this.#waiting >= waitingMax) throw new Error(`${waitingMax} questions are waiting already`);
    this.#waiting++;
    const turn = this.#last.then(() => this.#ask(question));
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#waiting--;
    }
  }

  /** Ends the thread; a later question starts another. */
  async close(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.end();
  }

  async #ask(question: ThreadQuestion): Promise<PackAnswer[]> {
    if (this.#thread?.hasEnded) this.#thread = undefined;
    this.#thread ??= await PackThread.start(this.#file);
    const answers: PackAnswer[] = [];
    let isDone = false;
    try {
      await askThread(this.#thread, question, (more) => answers.push(...more));
      isDone = true;
      return answers;
    } finally {
      // Whatever went wrong, late answers to this question must not be taken for answers to the next.
      if (!isDone) await this.close();
    }
  }
}
