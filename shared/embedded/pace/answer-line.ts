/**
 * Tells writers that their write is stored. What follows is work: a commit of a home under load has dozens of writers, most of them steps of runs that go on then, and whoever asks the home meanwhile
 * would wait for all of it. So callers are told at once, and under a load the steps a few in each turn of the event loop.
 */

/** What one writer is told. */
export interface Answer {
  give: () => void;
  /** Whether a caller waits for it, and not only the next step of a run. */
  isForCaller: boolean;
}

/** Each begins up to a tenth of a millisecond of work. With half as many nobody is answered sooner, and a turn of the loop has its price too. */
const stepsAtOnce = 8;

export class AnswerLine {
  readonly #isUnderLoad: () => boolean;
  #steps: Answer[] = [];
  #isScheduled = false;

  /** `isUnderLoad` says whether callers wait; without, steps are told all at once, so that what they write next shares a commit. */
  constructor(isUnderLoad: () => boolean) {
    this.#isUnderLoad = isUnderLoad;
  }

  /** Every answer is given, the steps in their order, also of several calls. */
  give(answers: readonly Answer[]): void {
    for (const answer of answers) {
      if (answer.isForCaller) answer.give();
      else this.#steps.push(answer);
    }
    if (!this.#isScheduled) this.#tellSteps();
  }

  #tellSteps(): void {
    const told = this.#steps.splice(0, this.#isUnderLoad() ? stepsAtOnce : this.#steps.length);
    for (const { give } of told) give();
    this.#isScheduled = this.#steps.length > 0;
    if (this.#isScheduled) setImmediate(() => this.#tellSteps());
  }
}
