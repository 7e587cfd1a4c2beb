import { z } from 'zod';

/** An amount of money in integer micro-dollars (1,000,000 = USD 1), so sums never drift. */
export const UsdMicros = z.int().nonnegative().describe('Micro-dollars: 1,000,000 is one US dollar');
export type UsdMicros = z.infer<typeof UsdMicros>;

/** Micro-dollars as a decimal number of dollars, for the fields the API names `…USD`. */
export function toUsd(micros: UsdMicros): number {
  return micros / 1_000_000;
}
