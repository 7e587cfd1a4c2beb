import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { idlePoolTarget, type IdlePoolLimits } from '../../../shared/scaling/idle-pool.ts';

const limits: IdlePoolLimits = {
  floor: 1,
  ceiling: 20,
  percentile: 0.9,
  window: 5,
  scaleInDelay: 2,
  season: 0,
  seasonSpread: 0,
  seasonPercentile: 1,
};

describe('how many sandboxes to keep ready', () => {
  test('of nothing known it is the floor', () => {
    expect(idlePoolTarget([], limits)).toBe(1);
    expect(idlePoolTarget([0, 0, 0, 0, 0, 0, 0, 0], limits)).toBe(1);
  });

  test('it follows what was asked for in the window, and forgets what is older', () => {
    expect(idlePoolTarget([3, 5, 4, 5, 4], limits)).toBe(5);
    expect(idlePoolTarget([9, 9, 9, 9, ...Array<number>(10).fill(2)], limits)).toBe(2);
  });

  test('one outlier in many intervals does not make the pool large, when the percentile says so', () => {
    const history = [2, 2, 15, 2, 2];
    expect(idlePoolTarget(history, { ...limits, percentile: 0.8, scaleInDelay: 0 })).toBe(2);
    expect(idlePoolTarget(history, { ...limits, percentile: 1, scaleInDelay: 0 })).toBe(15);
  });

  test('it falls only after the delay', () => {
    const burst = [10, 10, 10, 10, 10];
    const quiet = (intervals: number): number[] => [...burst, ...Array<number>(intervals).fill(0)];
    const now: IdlePoolLimits = { ...limits, scaleInDelay: 0 };
    const intervals = (chosen: IdlePoolLimits): number =>
      Array.from({ length: 20 }, (_, n) => n).findIndex((n) => idlePoolTarget(quiet(n), chosen) === 1);
    expect(intervals(limits)).toBe(intervals(now) + 2);
  });

  test('what came at this time of the last season is ready before it comes again', () => {
    const day = [0, 0, 0, 8, 0, 0];
    const seasonal: IdlePoolLimits = { ...limits, season: 6, scaleInDelay: 0, window: 2 };
    // Three intervals into the second day, the next one is that of the eight.
    expect(idlePoolTarget([...day, 0, 0, 0], seasonal)).toBe(8);
    expect(idlePoolTarget([...day, 0, 0], seasonal)).toBe(1);
    expect(idlePoolTarget([...day, 0, 0], { ...seasonal, seasonSpread: 1 })).toBe(8);
    expect(idlePoolTarget([...day, 0, 0, 0], { ...seasonal, season: 0 })).toBe(1);
  });

  test('it is always a whole number between floor and ceiling, and never falls when more was asked for', () => {
    const histories = fc.array(fc.nat(50), { maxLength: 60 });
    const any = fc.record({
      percentile: fc.constantFrom(0, 0.5, 0.9, 1),
      window: fc.integer({ min: 1, max: 12 }),
      scaleInDelay: fc.nat(6),
      season: fc.constantFrom(0, 10),
      seasonSpread: fc.nat(2),
      seasonPercentile: fc.constantFrom(0.5, 1),
    });
    fc.assert(
      fc.property(histories, any, (history, chosen) => {
        const all = { ...limits, ...chosen };
        const target = idlePoolTarget(history, all);
        expect(Number.isInteger(target) && target >= all.floor && target <= all.ceiling).toBe(true);
        expect(
          idlePoolTarget(
            history.map((asked) => asked + 1),
            all,
          ),
        ).toBeGreaterThanOrEqual(target);
      }),
    );
  });
});
