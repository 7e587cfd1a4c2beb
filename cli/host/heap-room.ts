import { setFlagsFromString } from 'node:v8';
import { heapGrowth } from '../bin/host-flags.mjs';

/** A load that pauses for less goes on. */
const quietMs = 60_000;

/**
 * Lets the heap grow while several callers ask at once, when nearly everything lives for seconds, and collects it early afterwards: who alone wants a pack of gigabytes, which live for a moment, gets it in
 * little memory. V8 reads these flags whenever it has collected. Node warns of flags that are changed while a program runs, so it is these and no others (ADR-0036).
 */
export class HeapRoom {
  #isRoomy = false;
  #loadedAt = 0;

  /** Of every request: whether several are under way. `now` in ms, on a clock that never goes back. */
  note(isUnderLoad: boolean, now = performance.now()): void {
    if (isUnderLoad) this.#loadedAt = now;
    if (this.#isRoomy !== isUnderLoad && (isUnderLoad || now - this.#loadedAt > quietMs)) {
      this.#isRoomy = isUnderLoad;
      for (const flag of isUnderLoad ? heapGrowth.roomy : heapGrowth.still) setFlagsFromString(flag);
    }
  }
}
