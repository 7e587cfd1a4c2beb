import type { HomeConfig } from '../port/deps.ts';

/** Where a second of a task is bought. */
export type PricePlace = Pick<HomeConfig, 'cloud' | 'region'>;

/**
 * Places where a second costs more than the price list of a package says, by cloud and region. Price lists are written for the cloud's base
 * price. On AWS tasks run in a worker Lambda, so the factor is the Lambda price of a GB-second there over the base price of 0.0000166667 USD
 * (x86, aws.amazon.com/lambda/pricing); regions that are not named cost the base price. A machine of one's own has no such list.
 */
const factors: Readonly<Record<HomeConfig['cloud'], ReadonlyMap<string, number>>> = {
  local: new Map(),
  aws: new Map([
    ['af-south-1', 1.326],
    ['ap-east-1', 1.375],
    ['eu-south-1', 1.171],
    ['me-central-1', 1.24],
    ['me-south-1', 1.24],
  ]),
};

/** What the price of a second is multiplied with in this place; 1 wherever no other price is known, legal regions such as EU included. */
export function priceFactor({ cloud, region }: PricePlace): number {
  return factors[cloud].get(region) ?? 1;
}
