/** Keeps long work that nobody waits for to a share of the thread's time: what shares the thread goes on as if there were little of it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkGate } from './work-gate.ts';

/** It works for a fifth of the time, */
const restPerWork = 4;
/** and a moment in which the machine was busy elsewhere does not count for long. */
const longestRestMs = 100;
/** Such work is about no run that is open; of the work that can wait, it goes last. */
const afterRuns = '~';

/** A pause for work that begins now and calls it every few milliseconds. It rejects when the signal is aborted. */
export function pauseAtShare(gate: WorkGate, signal: AbortSignal): () => Promise<void> {
  let resumedAt = performance.now();
  return async () => {
    const workedMs = performance.now() - resumedAt;
    await delay(Math.min(restPerWork * workedMs, longestRestMs), undefined, { signal });
    await gate.turn(afterRuns);
    signal.throwIfAborted();
    resumedAt = performance.now();
  };
}
