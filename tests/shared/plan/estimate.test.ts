import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ResourceClass } from '../../../shared/package/resource-class.ts';
import { taskCost } from '../../../shared/plan/estimate.ts';

const cost = { perRunUsdMicros: 10, perSecondUsdMicros: 100, typicalMs: 1 };

test('a second costs four times as much each class up; the price of a run does not', () => {
  expect(ResourceClass.options.map((size) => taskCost(cost, size, 1_000))).toEqual([110, 410, 1_610]);
});

test('a price is a whole number of micro-dollars, rounded up, and never falls with time', () => {
  const micros = fc.nat(1_000_000);
  fc.assert(
    fc.property(
      micros,
      micros,
      fc.constantFrom(...ResourceClass.options),
      fc.nat(3_600_000),
      fc.nat(3_600_000),
      (perRunUsdMicros, perSecondUsdMicros, size, ms, more) => {
        const prices = { perRunUsdMicros, perSecondUsdMicros, typicalMs: 1 };
        const price = taskCost(prices, size, ms);
        expect(Number.isSafeInteger(price) && price >= perRunUsdMicros).toBe(true);
        expect(taskCost(prices, size, ms + more)).toBeGreaterThanOrEqual(price);
      },
    ),
  );
});
