import { describe, expect, test } from '@jest/globals';
import { ReusedReading, reusedMs } from '../../../shared/core/reused-reading.ts';

/** Readings that end when a test says so, each with its number. */
function slowReadings(): { begun: () => number; read: () => Promise<number>; end: (n: number, error?: Error) => void } {
  const ends: PromiseWithResolvers<number>[] = [];
  return {
    begun: () => ends.length,
    read: () => {
      const end = Promise.withResolvers<number>();
      ends.push(end);
      return end.promise;
    },
    end: (n, error) => (error ? ends[n - 1]?.reject(error) : ends[n - 1]?.resolve(n)),
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const often = 8;
const half = reusedMs / 2;

/** A reading that was done at 0 and is asked for often. */
async function readOften(): Promise<{ reading: ReusedReading<number>; readings: ReturnType<typeof slowReadings> }> {
  const [reading, readings] = [new ReusedReading<number>(), slowReadings()];
  const asked = Array.from({ length: often }, () => reading.at(0, readings.read));
  readings.end(1);
  await Promise.all(asked);
  await settled();
  return { reading, readings };
}

describe('a reading that many use', () => {
  test('is one for all who ask while it is under way, and until it is too old', async () => {
    const [reading, readings] = [new ReusedReading<number>(), slowReadings()];
    const asked = [reading.at(0, readings.read), reading.at(reusedMs - 1, readings.read)];
    readings.end(1);
    expect(await Promise.all(asked)).toEqual([1, 1]);
    expect(await reading.at(reusedMs - 1, readings.read)).toBe(1);
    const later = reading.at(reusedMs, readings.read);
    readings.end(2);
    expect(await later).toBe(2);
    expect(readings.begun()).toBe(2);
  });

  test('is followed by the next before it is too old when it is asked for often, and nobody waits for that', async () => {
    const { reading, readings } = await readOften();
    expect(await reading.at(half - 1, readings.read)).toBe(1);
    expect(readings.begun()).toBe(1);
    expect(await reading.at(half, readings.read)).toBe(1); // Now the next is under way.
    expect(await reading.at(reusedMs - 1, readings.read)).toBe(1);
    expect(readings.begun()).toBe(2);
    readings.end(2);
    await settled();
    expect(await reading.at(half, readings.read)).toBe(2);
    expect(await reading.at(half + reusedMs - 1, readings.read)).toBe(2); // Its age is counted from when it began.
  });

  test('is not followed by the next when it is asked for seldom', async () => {
    const [reading, readings] = [new ReusedReading<number>(), slowReadings()];
    const first = reading.at(0, readings.read);
    readings.end(1);
    await first;
    await settled();
    for (let time = 0; time < often - 1; time += 1) expect(await reading.at(half, readings.read)).toBe(1);
    expect(readings.begun()).toBe(1);
  });

  test('who comes when it is too old waits for the next, which is under way', async () => {
    const { reading, readings } = await readOften();
    await reading.at(half, readings.read);
    const late = reading.at(reusedMs, readings.read);
    readings.end(2);
    expect(await late).toBe(2);
    expect(readings.begun()).toBe(2);
  });

  test('a next one that fails is told to nobody but who waits for it, and is tried again', async () => {
    const { reading, readings } = await readOften();
    await reading.at(half, readings.read);
    readings.end(2, new Error('the store is away'));
    await settled();
    expect(await reading.at(half, readings.read)).toBe(1); // The third is under way.
    const late = reading.at(reusedMs, readings.read);
    readings.end(3, new Error('the store is still away'));
    await expect(late).rejects.toThrow('still away');
    const again = reading.at(reusedMs, readings.read);
    readings.end(4);
    expect(await again).toBe(4);
  });

  test('a fresh one begins at once, and is what all are told from then on, whatever was under way before', async () => {
    const { reading, readings } = await readOften();
    await reading.at(half, readings.read);
    const asked = [reading.fresh(half, readings.read), reading.at(half, readings.read)];
    expect(readings.begun()).toBe(3);
    readings.end(2);
    await settled();
    asked.push(reading.at(half, readings.read));
    readings.end(3);
    expect(await Promise.all(asked)).toEqual([3, 3, 3]);
    expect(await reading.at(half, readings.read)).toBe(3);
  });

  test('is made anew when the clock goes back', async () => {
    const { reading, readings } = await readOften();
    const back = reading.at(-1, readings.read);
    readings.end(2);
    expect(await back).toBe(2);
  });
});
