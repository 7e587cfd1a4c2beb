import { Period } from '../port/keys/data-keys.ts';

/** The UTC month of a time in milliseconds. */
export function periodOf(ms: number): Period {
  return Period.parse(new Date(ms).toISOString().slice(0, 7));
}

/** When the month of this time is over. */
export function endOfPeriod(ms: number): number {
  const at = new Date(ms);
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1);
}
