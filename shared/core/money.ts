import { z } from 'zod';

/** An amount of money in integer micro-dollars (1,000,000 = USD 1), so sums never drift. */
export const UsdMicros = z.int().nonnegative().describe('Micro-dollars: 1,000,000 is one US dollar');
export type UsdMicros = z.infer<typeof UsdMicros>;

/** Micro-dollars as a decimal number of dollars, for the fields the API names `…USD`. */
export function toUsd(micros: UsdMicros): number {
  return micros / 1_000_000;
}

/** Dollars as micro-dollars; undefined for an amount that has more than 6 decimals, which no rounding may hide. */
export function toUsdMicros(usd: number): UsdMicros | undefined {
  const micros = Math.round(usd * 1_000_000);
  // Division rounds to the double that the decimal spells, so both are equal exactly when nothing was rounded away.
  return Number.isSafeInteger(micros) && micros / 1_000_000 === usd ? micros : undefined;
}
