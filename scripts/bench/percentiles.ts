export interface Percentiles {
  p50: number;
  p95: number;
  p99: number;
}

/** Percentiles by nearest rank, rounded to microseconds; zeros of nothing would look like measurements, so nothing gives NaN. */
export function percentiles(sorted: ArrayLike<number>): Percentiles {
  const at = (share: number): number => round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

const round = (value: number): number => Math.round(value * 1_000) / 1_000;
