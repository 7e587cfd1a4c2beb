/** From when to when something holds, in milliseconds since the epoch. */
export interface Period {
  from: number;
  to: number;
}

/** Whether a moment lies in a period, its ends included. */
export function isWithin(at: number, { from, to }: Period): boolean {
  return from <= at && at <= to;
}
