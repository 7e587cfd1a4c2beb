import type { UsdMicros } from '../core/money.ts';
import type { ResourceClass } from '../core/resource-class.ts';
import type { PackageDescriptor } from '../package/descriptor.ts';
import { priceFactor, type PricePlace } from './price-factor.ts';

/** A second of a class costs as much as its memory: four times as much each step up. */
const classFactor: Readonly<Record<ResourceClass, number>> = { small: 1, medium: 4, large: 16 };

/** What the price of an attempt depends on besides its time: the price list of its package, its resource class, and where the home stands. */
export interface TaskPrice {
  cost: PackageDescriptor['cost'];
  resourceClass: ResourceClass;
  place: PricePlace;
}

/** Price factors have three decimals at most. */
const factorSteps = 1_000;

/** The price of one attempt that takes this time, rounded up to a whole micro-dollar; estimates and measured costs use this one formula. */
export function taskCost({ cost, resourceClass, place }: TaskPrice, ms: number): UsdMicros {
  // In whole numbers: 1.326 is no exact one, and what it makes of a whole amount may be a trace above it, which would be rounded up.
  const perSecond = cost.perSecondUsdMicros * classFactor[resourceClass] * Math.round(priceFactor(place) * factorSteps);
  return cost.perRunUsdMicros + Math.ceil((perSecond * ms) / (1_000 * factorSteps));
}
