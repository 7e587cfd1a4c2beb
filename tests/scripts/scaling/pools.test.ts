import { describe, expect, test } from '@jest/globals';
import { cacheCost, imageCache } from '../../../scripts/scaling/cache-cost.ts';
import { comparePools, smallPool, type PoolComparison } from '../../../scripts/scaling/compare-pools.ts';
import { demandTrace, intervalSeconds, intervalsPerDay, days } from '../../../scripts/scaling/demand-trace.ts';
import { hourUsdMicros, poolCost, smallestFixedPool } from '../../../scripts/scaling/pool-cost.ts';

const seeds = [1, 2, 3];
/** Each week is replayed once for all tests. */
const weeks = new Map(seeds.map((seed) => [seed, comparePools(seed)]));
const weekOf = (seed: number): readonly PoolComparison[] => weeks.get(seed) ?? [];
const cost = (compared: readonly PoolComparison[], pool: 'fixed' | 'policy'): number =>
  compared.reduce((sum, one) => sum + one[pool].idleUsdMicros, 0);

describe('the idle-pool policy against a fixed pool that lets no more starts wait', () => {
  test.each(seeds)('seed %d: all demands together cost at most 80 %% of the fixed pools', (seed) => {
    const compared = weekOf(seed);
    expect(compared).toHaveLength(5);
    expect(cost(compared, 'policy')).toBeLessThanOrEqual(0.8 * cost(compared, 'fixed'));
    for (const { fixed, policy } of compared) expect(fixed.misses).toBeLessThanOrEqual(policy.misses);
  });

  test.each(seeds)('seed %d: so does every demand that has quiet hours, and none costs more than 5 %% more', (seed) => {
    for (const { shape, fixed, policy } of weekOf(seed)) {
      const isQuietAtTimes = shape === 'office' || shape === 'bursts' || shape === 'nightly';
      expect(policy.idleUsdMicros / fixed.idleUsdMicros).toBeLessThanOrEqual(isQuietAtTimes ? 0.8 : 1.05);
    }
  });

  test.each(seeds)('seed %d: few starts wait, and most of those come with the first minute of a burst that nobody announced', (seed) => {
    const missed = new Map(weekOf(seed).map(({ shape, policy }) => [shape, policy.misses / policy.starts]));
    for (const shape of ['office', 'nightly', 'global', 'flat'] as const) expect(missed.get(shape)).toBeLessThan(0.03);
    expect(missed.get('bursts')).toBeLessThan(0.08);
  });

  test('without its memory of the day before, the nightly work waits', () => {
    const nightly = (season: number): number => {
      const found = comparePools(1, { ...smallPool, season }).find(({ shape }) => shape === 'nightly');
      return (found?.policy.misses ?? NaN) / (found?.policy.starts ?? NaN);
    };
    expect(nightly(0)).toBeGreaterThan(2 * nightly(smallPool.season));
  });
});

describe('the model of the cost', () => {
  test('counts what stands idle, half of what is used, and what gets ready', () => {
    // Four ready: one used, three left, one started anew; then none used, none started.
    const { idleSeconds, misses, starts } = poolCost([1, 0], 0, () => 4, 'small');
    expect(idleSeconds).toBe(intervalSeconds * (3 + 0.5 + 1 + 4));
    expect({ misses, starts }).toEqual({ misses: 0, starts: 1 });
  });

  test('a start that finds nothing waits, and an empty pool is free', () => {
    expect(poolCost([2, 3], 0, () => 0, 'small')).toEqual({ idleSeconds: 0, idleUsdMicros: 0, starts: 5, misses: 5 });
  });

  test('money is whole micro-dollars of the class, rounded up', () => {
    const { idleUsdMicros } = poolCost([0], 0, () => 1, 'large');
    expect(idleUsdMicros).toBe(Math.ceil((intervalSeconds * hourUsdMicros.large) / 3_600));
  });

  test('a sizing knows the past and never the interval that it decides on', () => {
    const seen: number[] = [];
    poolCost([5, 6, 7], 1, (history) => seen.push(history.length), 'small');
    expect(seen).toEqual([1, 2, 3]);
  });

  test('the fixed pool is the smallest that keeps the promise', () => {
    expect(smallestFixedPool([9, 1, 2, 3], 1, 0)).toBe(3);
    expect(smallestFixedPool([9, 1, 2, 3], 1, 1)).toBe(2);
  });

  test('a demand is the same for the same seed, another for another, and a week long', () => {
    expect(demandTrace('bursts', 7)).toEqual(demandTrace('bursts', 7));
    expect(demandTrace('bursts', 7)).not.toEqual(demandTrace('bursts', 8));
    expect(demandTrace('flat', 7)).toHaveLength(days * intervalsPerDay);
  });
});

test.each(seeds)('seed %d: pruning takes at most 80 %% of what keeping every image costs, and few images are pulled again', (seed) => {
  const kept = cacheCost(seed, undefined);
  const pruned = cacheCost(seed, imageCache);
  expect(kept.pulls).toBe(0);
  expect(pruned.uses).toBe(kept.uses);
  expect(pruned.storageUsdMicros).toBeLessThanOrEqual(0.8 * kept.storageUsdMicros);
  expect(pruned.endBytes).toBeLessThanOrEqual(imageCache.maxBytes);
  expect(pruned.pulls / pruned.uses).toBeLessThan(0.02);
});
