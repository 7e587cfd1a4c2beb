import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ResourceClass } from '../../../shared/core/resource-class.ts';
import { taskCost } from '../../../shared/estimate/task-cost.ts';

const cost = { perRunUsdMicros: 10, perSecondUsdMicros: 100, typicalMs: 1 };
const place = { cloud: 'local', region: 'US' } as const;

test('a second costs four times as much each class up; the price of a run does not', () => {
  expect(ResourceClass.options.map((resourceClass) => taskCost({ cost, resourceClass, place }, 1_000))).toEqual([110, 410, 1_610]);
});

test('a second costs more where the cloud charges more for it; the price of a run does not', () => {
  const priceIn = (cloud: 'local' | 'aws', region: string): number =>
    taskCost({ cost, resourceClass: 'small', place: { cloud, region } }, 10_000);
  expect(priceIn('aws', 'us-east-1')).toBe(1_010);
  expect(priceIn('aws', 'EU')).toBe(1_010);
  expect(priceIn('aws', 'me-south-1')).toBe(1_250);
  expect(priceIn('local', 'me-south-1')).toBe(1_010);
});

test.each([
  ['af-south-1', 10, 50_000, 663],
  ['eu-south-1', 50, 60_000, 3_513],
])('an amount that is whole as it is, is not rounded up: in %s %d a second for %d ms is %d', (region, perSecondUsdMicros, ms, price) => {
  const prices = {
    cost: { perRunUsdMicros: 0, perSecondUsdMicros, typicalMs: 1 },
    resourceClass: 'small',
    place: { cloud: 'aws', region },
  } as const;
  expect(taskCost(prices, ms)).toBe(price);
  expect(taskCost(prices, ms + 1)).toBe(price + 1);
});

test('a price is a whole number of micro-dollars, rounded up, and never falls with time', () => {
  const micros = fc.nat(1_000_000);
  fc.assert(
    fc.property(
      micros,
      micros,
      fc.record({ resourceClass: fc.constantFrom(...ResourceClass.options), region: fc.constantFrom('us-east-1', 'af-south-1') }),
      fc.nat(3_600_000),
      fc.nat(3_600_000),
      (perRunUsdMicros, perSecondUsdMicros, { resourceClass, region }, ms, more) => {
        const prices = {
          cost: { perRunUsdMicros, perSecondUsdMicros, typicalMs: 1 },
          resourceClass,
          place: { cloud: 'aws', region },
        } as const;
        const price = taskCost(prices, ms);
        expect(Number.isSafeInteger(price) && price >= perRunUsdMicros).toBe(true);
        expect(taskCost(prices, ms + more)).toBeGreaterThanOrEqual(price);
      },
    ),
  );
});
