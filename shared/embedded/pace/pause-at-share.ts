/** Keeps long work that nobody waits for to a share of the thread's time: what shares the thread goes on as if there were little of it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkGate } from './work-gate.ts';

/** It works for a fifth of the time. */
const restPerWork = 4;
/** More between two pauses is a machine that was busy elsewhere. */
const mostWorkMs = 25;
/** Such work is about no run that is open; of the work that can wait, it goes last, */
const afterRuns = '~';
/** but not for ever: it gets a fiftieth of the time of a home that is always busy. */
const longestWaitPerWork = 50;

/** A pause for work that begins now and calls it every few milliseconds. It rejects when the signal is aborted. */
export function pauseAtShare(gate: WorkGate, signal: AbortSignal): () => Promise<void> {
  let resumedAt = performance.now();
  let turn: Promise<void> | undefined;
  return async () => {
    const workedMs = Math.min(performance.now() - resumedAt, mostWorkMs);
    await delay(restPerWork * workedMs, undefined, { signal });
    // Whose turn did not come keeps its place.
    turn ??= gate.turn(afterRuns).then(() => (turn = undefined));
    await atMost(turn, longestWaitPerWork * workedMs);
    signal.throwIfAborted();
    resumedAt = performance.now();
  };
}

async function atMost(wanted: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([wanted, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}
