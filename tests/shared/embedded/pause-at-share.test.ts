import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { pauseAtShare } from '../../../shared/embedded/pace/pause-at-share.ts';
import { WorkGate } from '../../../shared/embedded/pace/work-gate.ts';

const neverAborted = new AbortController().signal;

/** Keeps the thread. */
function workFor(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

/** How long it rests each time when it works for so long in between. */
async function* restsAfter(workMs: number, rounds: number): AsyncGenerator<number> {
  const pause = pauseAtShare(new WorkGate(), neverAborted);
  for (let round = 0; round < rounds; round += 1) {
    workFor(workMs);
    const from = performance.now();
    await pause();
    yield performance.now() - from;
  }
}

/** Work of so many runs waits when the pause begins; what ended, in order. */
function runsAndLook(
  gate: WorkGate,
  { runs, workMs }: { runs: number; workMs: number },
): { order: string[]; looked: Promise<unknown>; all: Promise<unknown> } {
  const order: string[] = [];
  const pause = pauseAtShare(gate, neverAborted);
  const waiting = Array.from({ length: runs }, (_, n) => gate.turn(`exec_${n}`).then(() => order.push('run')));
  workFor(workMs);
  const looked = pause().then(() => order.push('look'));
  return { order, looked, all: Promise.all([...waiting, looked]) };
}

describe('a pause of long work', () => {
  test('is four times as long as it worked since the last one', async () => {
    const rests: number[] = [];
    // On a machine that is busy elsewhere most take longer.
    for await (const rest of restsAfter(10, 200)) {
      rests.push(rest);
      if (rests.length >= 8 && Math.min(...rests.slice(1)) < 95) break; // As long as it may be at most, if the rests before counted as work.
    }
    expect(Math.min(...rests)).toBeGreaterThan(38); // A timer may be early by a fraction of a millisecond.
    expect(rests.length).toBeLessThan(200);
  });

  test('is not long because the machine was busy elsewhere', async () => {
    const rests: number[] = [];
    for await (const rest of restsAfter(500, 5)) {
      rests.push(rest);
      if (rest < 1_500) break;
    }
    expect(Math.min(...rests)).toBeLessThan(1_500);
  });

  test('goes on for as long as there is work of open runs during a burst', async () => {
    const gate = new WorkGate();
    const leave = gate.enter(100);
    const { order, all } = runsAndLook(gate, { runs: 20, workMs: 20 });
    await delay(100);
    leave();
    await all;
    expect(order.indexOf('look')).toBe(20);
  });

  test('ends some time, however busy the home is', async () => {
    const gate = new WorkGate();
    const leave = gate.enter(100);
    const keepAlive = setInterval(() => gate.enter()(), 5);
    const { order, looked, all } = runsAndLook(gate, { runs: 200, workMs: 2 });
    await looked;
    expect(order.length).toBeLessThan(100);
    clearInterval(keepAlive);
    leave();
    await all;
  });

  test('ends the work when the home closes', async () => {
    const closing = new AbortController();
    const pause = pauseAtShare(new WorkGate(), closing.signal);
    workFor(10);
    const paused = pause();
    closing.abort();
    await expect(paused).rejects.toMatchObject({ name: 'AbortError' });
    await expect(pause()).rejects.toMatchObject({ name: 'AbortError' });
  });
});
