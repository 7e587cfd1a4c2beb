/**
 * What keeping sandboxes ready costs, and how many starts find none: any sizing of the pool against the same demand. Money is in whole micro-dollars;
 * work itself costs the same in every pool and is left out.
 */
import type { ResourceClass } from '../../shared/core/resource-class.ts';
import { intervalSeconds } from './demand-trace.ts';

/**
 * An hour of the Fargate size of each class (shared/container/fargate-size.ts) at 0.04048 USD a processor and 0.004445 USD a GB (Linux on x86, us-east-1; AWS Fargate
 * pricing). Only the ratio between two pools of one class matters here, and that is free of the price.
 */
export const hourUsdMicros: Readonly<Record<ResourceClass, number>> = { small: 49_370, medium: 98_740, large: 197_480 };

export interface PoolCost {
  /** Sandboxes that were paid and not yet used, in seconds. */
  idleSeconds: number;
  idleUsdMicros: number;
  starts: number;
  /** Starts that found no ready sandbox and waited for one. */
  misses: number;
}

/** Decides the size for the interval that comes, from everything before it. */
export type PoolSizing = (history: readonly number[]) => number;

/**
 * Replays the demand from `from` on; what was before is only known to the sizing. Each interval begins with as many ready sandboxes as the sizing asked for; what is used stands idle for
 * half of it on average, what is not for all of it; what is started for the next one is paid while it gets ready.
 */
export function poolCost(demand: readonly number[], from: number, sizing: PoolSizing, resourceClass: ResourceClass): PoolCost {
  const history = demand.slice(0, from);
  let ready = sizing(history);
  let idleSeconds = 0;
  let misses = 0;
  let starts = 0;
  for (let at = from; at < demand.length; at += 1) {
    const asked = demand[at] ?? 0;
    const used = Math.min(asked, ready);
    const left = ready - used;
    history.push(asked);
    const wanted = sizing(history);
    const started = Math.max(0, wanted - left);
    idleSeconds += intervalSeconds * (left + used / 2 + started);
    misses += asked - used;
    starts += asked;
    ready = wanted;
  }
  return { idleSeconds, idleUsdMicros: Math.ceil((idleSeconds * hourUsdMicros[resourceClass]) / 3_600), starts, misses };
}

/** The smallest pool of one size in which no more than so many starts find nothing ready. */
export function smallestFixedPool(demand: readonly number[], from: number, missesMax: number): number {
  const counted = demand.slice(from);
  const most = Math.max(0, ...counted);
  for (let size = 0; size < most; size += 1) {
    if (counted.reduce((sum, asked) => sum + Math.max(0, asked - size), 0) <= missesMax) return size;
  }
  return most;
}
