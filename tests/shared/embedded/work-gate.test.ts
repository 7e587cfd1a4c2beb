import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { WorkGate } from '../../../shared/embedded/pace/work-gate.ts';

/** More at once than the gate takes for a steady load. */
const burst = 100;
/** More than a steady load has under way for long, and fewer than a burst of many connections. */
const some = 60;

// Time passes when a test says so: a busy machine would let requests pile up that did not.
beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] }));
afterEach(() => void jest.useRealTimers());

const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);
/** More than anything that still waits takes, when nobody asks any more. */
const theRestMs = 1_000;

function enterMany(gate: WorkGate, count = burst): () => void {
  const leaves = Array.from({ length: count }, () => gate.enter());
  return () => leaves.forEach((leave) => leave());
}

const jobs = 1_000;

/** How many jobs are done in `ms` while so many requests stay, and others come and go, since `afterMs` before; when the requests have left, all are. */
async function doneBeside(
  requests: number,
  { afterMs = 0, ms, isFilling = false }: { afterMs?: number; ms: number; isFilling?: boolean },
): Promise<number> {
  const gate = new WorkGate(() => isFilling);
  const leave = enterMany(gate, requests);
  const keepAlive = setInterval(() => gate.enter()(), 5);
  await pass(afterMs);
  let done = 0;
  const all = Promise.all(Array.from({ length: jobs }, async (_, n) => gate.turn(`exec_${n}`).then(() => (done += 1))));
  await pass(ms);
  const doneBefore = done;
  leave();
  clearInterval(keepAlive);
  await pass(theRestMs);
  await all;
  expect(done).toBe(jobs);
  return doneBefore;
}

describe('the gate for work that can wait', () => {
  test('lets it through at once when nobody asks', async () => {
    const gate = new WorkGate();
    const done = gate.background('exec_1', () => Promise.resolve('done'));
    await pass(0);
    await expect(done).resolves.toBe('done');
  });

  test('holds it back during a burst, but for a trickle, and goes on when the burst is over', async () => {
    const done = await doneBeside(burst, { ms: 60 });
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(200);
  });

  test('does not hold it back for requests that pile up for a moment, as under a steady load', async () => {
    expect(await doneBeside(some, { ms: 100 })).toBe(jobs);
  });

  test('holds it back when so many requests stay', async () => {
    expect(await doneBeside(some, { afterMs: 400, ms: 60 })).toBeLessThan(200);
  });

  test('holds nothing back in a home that is nearly full', async () => {
    expect(await doneBeside(burst, { afterMs: 400, ms: 60, isFilling: true })).toBe(jobs);
  });

  test.each([
    ['hundreds in a turn of the event loop when nobody asks', 0, false, 256],
    ['few beside requests', 20, false, 24],
    ['hundreds beside requests in a home that is nearly full', burst, true, 256],
  ])('lets %s', async (_, requests, isFilling, atOnce) => {
    const gate = new WorkGate(() => isFilling);
    const leave = enterMany(gate, requests);
    let done = 0;
    const all = Promise.all(Array.from({ length: 600 }, async (__, n) => gate.turn(`exec_${n}`).then(() => (done += 1))));
    const turns: number[] = [];
    while (done < 600) {
      const before = done;
      gate.enter()();
      await jest.advanceTimersToNextTimerAsync();
      turns.push(done - before);
    }
    leave();
    await all;
    expect(Math.max(...turns)).toBe(atOnce);
  });

  test('takes the oldest run first, and the work of one run in the order in which it came', async () => {
    const gate = new WorkGate();
    const leave = enterMany(gate);
    const order: string[] = [];
    const wait = async (run: string, what: string): Promise<void> => gate.turn(run).then(() => void order.push(`${run} ${what}`));
    const all = [wait('exec_3', 'a'), wait('exec_1', 'a'), wait('exec_2', 'a'), wait('exec_1', 'b'), wait('exec_2', 'b')];
    leave();
    await pass(theRestMs);
    await Promise.all(all);
    expect(order).toEqual(['exec_1 a', 'exec_1 b', 'exec_2 a', 'exec_2 b', 'exec_3 a']);
  });

  test('lets few go when a burst seems over, so that a caller who comes back after a moment does not wait for hundreds', async () => {
    const gate = new WorkGate();
    const lullAt = performance.now() + 30;
    let leave = enterMany(gate);
    let [done, inLull] = [0, 0];
    const comeBack = (): void => {
      done += 1;
      // One may be of the trickle before; the third is of the lull.
      if (performance.now() < lullAt || ++inLull !== 3) return;
      leave = enterMany(gate);
    };
    const all = Promise.all(Array.from({ length: 500 }, async (_, n) => gate.turn(`exec_${n}`).then(comeBack)));
    leave();
    while (inLull < 3) await jest.advanceTimersToNextTimerAsync();
    await pass(10);
    expect(done).toBeLessThan(60);
    leave();
    await pass(theRestMs);
    await all;
  });

  test('takes a request that stands for many starts for as many', async () => {
    const gate = new WorkGate();
    const leave = gate.enter(burst);
    let done = 0;
    const all = Promise.all(Array.from({ length: 500 }, async (_, n) => gate.turn(`exec_${n}`).then(() => (done += 1))));
    await pass(20);
    expect(done).toBeLessThan(100);
    leave();
    await pass(theRestMs);
    await all;
  });

  /** Jobs done in 20 ms after a request for many starts has its answer, while so many others are under way. */
  async function doneAfterMany(others: number): Promise<number> {
    const gate = new WorkGate();
    const leave = enterMany(gate, others);
    gate.enter(burst)();
    let done = 0;
    const all = Promise.all(Array.from({ length: jobs }, async (_, n) => gate.turn(`exec_${n}`).then(() => (done += 1))));
    await pass(20);
    const doneSoon = done;
    leave();
    await pass(theRestMs);
    await all;
    return doneSoon;
  }

  test('goes on at once after a request for many starts that came alone, and waits for a moment when others are there', async () => {
    expect(await doneAfterMany(0)).toBe(jobs);
    expect(await doneAfterMany(1)).toBeLessThan(20);
  });

  test('does not let an old run that comes again and again keep a young one waiting for ever', async () => {
    const gate = new WorkGate();
    const leave = enterMany(gate);
    const keepAlive = setInterval(() => gate.enter()(), 5);
    let isOver = false;
    const old = Array.from({ length: 20 }, async () => {
      while (!isOver) await gate.turn('exec_1');
    });
    const young = gate.turn('exec_2').then(() => (isOver = true));
    await pass(2_100); // A little more than its patience.
    expect(isOver).toBe(true);
    leave();
    clearInterval(keepAlive);
    await pass(theRestMs);
    await Promise.all([...old, young]);
  });

  test('lets more of it through when a burst does not end', async () => {
    const gate = new WorkGate();
    const leave = enterMany(gate);
    const keepAlive = setInterval(() => gate.enter()(), 5);
    let done = 0;
    const all = Promise.all(Array.from({ length: 5_000 }, async (_, n) => gate.turn(`exec_${n}`).then(() => (done += 1))));
    await pass(1_000);
    const inFirst = done;
    await pass(1_500);
    const before = done;
    await pass(1_000);
    const inLast = done - before;
    leave();
    clearInterval(keepAlive);
    await pass(theRestMs);
    await all;
    expect(inFirst).toBeGreaterThan(0);
    expect(inLast).toBeGreaterThan(2 * inFirst);
  });
});
