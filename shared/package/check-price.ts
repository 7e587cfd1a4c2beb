/** What a package may ask for an attempt. A home adds up prices that strangers declare, and a sum that is no exact number any more could not be stored, nor read. */
import type { Issue } from '../core/issue.ts';
import type { PackageDescriptor } from './descriptor.ts';

/**
 * Micro-dollars: USD 1,000 an attempt, and USD 1 a second in the `small` class. So the dearest run there can be, 500 tasks in the `large` class with every retry and
 * compensation, stays exact, and so does a day of such runs.
 */
export const priceLimits = { perRunUsdMicros: 1_000_000_000, perSecondUsdMicros: 1_000_000 } as const;

/** Every price that is above its limit. Asked when a package is published only: one that was published before keeps its price. */
export function checkPrice({ cost }: PackageDescriptor): Issue[] {
  return (['perRunUsdMicros', 'perSecondUsdMicros'] as const).flatMap((name): Issue[] => {
    const limit = priceLimits[name];
    if (cost[name] <= limit) return [];
    const allowed = `at most ${limit} micro-dollars`;
    const fix = 'Give the price of an attempt in micro-dollars: 1,000,000 is one US dollar.';
    return [
      { code: 'too-big', pointer: `/cost/${name}`, message: 'is more than a package may ask for', got: String(cost[name]), allowed, fix },
    ];
  });
}
