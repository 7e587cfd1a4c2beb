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

/** The price of one attempt that takes this time, rounded up to a whole micro-dollar; estimates and measured costs use this one formula. */
export function taskCost({ cost, resourceClass, place }: TaskPrice, ms: number): UsdMicros {
  return cost.perRunUsdMicros + Math.ceil((cost.perSecondUsdMicros * classFactor[resourceClass] * priceFactor(place) * ms) / 1_000);
}
