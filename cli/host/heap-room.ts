import { setFlagsFromString } from 'node:v8';
import { heapGrowing } from '../bin/host-flags.mjs';

/** A load that pauses for less goes on. */
const quietMs = 60_000;

/**
 * Lets garbage grow while several callers ask at once, when nearly everything lives for seconds, and collects it early afterwards: who alone wants a pack of gigabytes, which live for a moment, gets it in
 * little memory. V8 reads the flag whenever it has collected. Node warns of flags that are changed while a program runs, so it is this one and no other (ADR-0036).
 */
export class HeapRoom {
  #isRoomy = false;
  #loadedAt = 0;

  /** Of every request: whether several are under way. `now` in ms, on a clock that never goes back. */
  note(isUnderLoad: boolean, now = performance.now()): void {
    if (isUnderLoad) this.#loadedAt = now;
    if (this.#isRoomy !== isUnderLoad && (isUnderLoad || now - this.#loadedAt > quietMs)) this.#set(isUnderLoad);
  }

  #set(isRoomy: boolean): void {
    this.#isRoomy = isRoomy;
    setFlagsFromString(`--heap-growing-percent=${isRoomy ? heapGrowing.roomy : heapGrowing.still}`);
  }
}
