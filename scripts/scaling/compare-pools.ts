import { idlePoolTarget, type IdlePoolLimits } from '../../shared/scaling/idle-pool.ts';
import { demandTrace, intervalsPerDay, traceShapes, type TraceMeaning } from './demand-trace.ts';
import { poolCost, smallestFixedPool, type PoolCost } from './pool-cost.ts';

/** Of the class `small`, for intervals of a minute. */
export const smallPool: IdlePoolLimits = {
  floor: 2,
  ceiling: 150,
  percentile: 0.9,
  window: 5,
  scaleInDelay: 3,
  season: intervalsPerDay,
  seasonSpread: 5,
  seasonPercentile: 0.6,
};

export interface PoolComparison extends TraceMeaning {
  fixedSize: number;
  fixed: PoolCost;
  policy: PoolCost;
}

/**
 * The policy, and the smallest pool of one size that lets no more starts wait than the policy did: the same promise by construction, at the least that a fixed pool can cost. The
 * fixed pool is chosen knowing the whole demand, the policy knows the past only; the first day is for learning and is not counted for either.
 */
export function comparePools(seed: number, limits: IdlePoolLimits = smallPool): PoolComparison[] {
  return traceShapes.map(({ shape, meaning }) => {
    const demand = demandTrace(shape, seed);
    const from = intervalsPerDay;
    const policy = poolCost(demand, from, (history) => idlePoolTarget(history, limits), 'small');
    const fixedSize = smallestFixedPool(demand, from, policy.misses);
    return { shape, meaning, fixedSize, fixed: poolCost(demand, from, () => fixedSize, 'small'), policy };
  });
}
