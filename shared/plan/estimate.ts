import type { UsdMicros } from '../core/money.ts';
import type { PackageDescriptor } from '../package/descriptor.ts';
import type { ResourceClass } from '../package/resource-class.ts';

/** A second of a class costs as much as its memory: four times as much each step up. */
const classFactor: Readonly<Record<ResourceClass, number>> = { small: 1, medium: 4, large: 16 };

/** The price of one attempt that takes this time, rounded up to a whole micro-dollar; estimates and measured costs use this one formula. */
export function taskCost(
  { perRunUsdMicros, perSecondUsdMicros }: PackageDescriptor['cost'],
  resourceClass: ResourceClass,
  ms: number,
): UsdMicros {
  return perRunUsdMicros + Math.ceil((perSecondUsdMicros * classFactor[resourceClass] * ms) / 1_000);
}
