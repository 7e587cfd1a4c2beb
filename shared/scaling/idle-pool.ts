/**
 * How many ready, unused sandboxes to keep. Time is cut into intervals as long as one sandbox takes to get ready: what is asked for in an interval has to be
 * there when it begins, for nothing that is started now helps before the next one.
 */

/** Starts that were asked for, one number an interval, the newest last. */
export type DemandHistory = readonly number[];

export interface IdlePoolLimits {
  /** Never fewer: what the first start after a quiet night finds. */
  floor: number;
  /** Never more, whatever was asked for: a bound on the cost, and on the machine. */
  ceiling: number;
  /** Share of recent intervals that the pool would have served whole, 0 to 1. */
  percentile: number;
  /** How many intervals are recent. */
  window: number;
  /** The target falls only when it has been lower for so many intervals, so that a pause between two bursts does not empty the pool. */
  scaleInDelay: number;
  /** Intervals of a season (a day, in most places); 0 to look at recent demand only. */
  season: number;
  /** How far around this time of the last season to look: nightly work seldom begins at the very second. */
  seasonSpread: number;
  /** Share of those intervals that the pool would have served whole; less than `percentile` trusts what was seen today more than yesterday. */
  seasonPercentile: number;
}

/** The sizes below which a pool has no room to be wrong in, and above which it is no pool but a fleet. */
function clamp(value: number, { floor, ceiling }: IdlePoolLimits): number {
  return Math.min(ceiling, Math.max(floor, value));
}

/** The value that so large a share of the samples does not exceed; of no samples, 0. */
function percentileOf(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? sorted[0] ?? 0;
}

/** What one look at the history up to `end` (exclusive) asks for. */
function wantedAt(history: DemandHistory, end: number, limits: IdlePoolLimits): number {
  const recent = percentileOf(history.slice(Math.max(0, end - limits.window), end), limits.percentile);
  const then = end - limits.season;
  if (limits.season === 0 || then < 0) return recent;
  const around = history.slice(Math.max(0, then - limits.seasonSpread), Math.min(end, then + limits.seasonSpread + 1));
  return Math.max(recent, percentileOf(around, limits.seasonPercentile));
}

/** How many sandboxes should be ready when the next interval begins: always between floor and ceiling, and the floor when nothing is known. */
export function idlePoolTarget(history: DemandHistory, limits: IdlePoolLimits): number {
  const looks = Array.from({ length: Math.min(limits.scaleInDelay, history.length) + 1 }, (_, ago) => history.length - ago);
  return clamp(Math.max(0, ...looks.map((end) => wantedAt(history, end, limits))), limits);
}
