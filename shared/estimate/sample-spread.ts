/** A middle and an interval of times. */
export interface Spread {
  middleMs: number;
  lowMs: number;
  highMs: number;
}

/** Of the times beyond either end of the interval: one in twenty, so that nine in ten are inside. */
const tail = 0.05;
/** Fewer samples than this say nothing about one in twenty: 1 / tail - 1. */
const enoughForTails = 19;

/**
 * The median of some samples (at least one), and where nine in ten further ones of the same kind lie: between the order statistics that a
 * conformal prediction takes. Below 19 samples no order statistic is far enough out; then the smallest and the largest are moved outwards, by
 * half for no sample at all and by less the more there are.
 */
export function sampleSpread(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (index: number): number => sorted[Math.min(Math.max(index, 0), sorted.length - 1)] ?? 0;
  const count = sorted.length;
  const middleMs = (at(Math.floor((count - 1) / 2)) + at(Math.ceil((count - 1) / 2))) / 2;
  // The k-th smallest of n samples has k / (n + 1) of the further ones below it.
  const rank = Math.floor((count + 1) * tail);
  if (rank >= 1) return { middleMs, lowMs: at(rank - 1), highMs: at(count - rank) };
  const widening = (enoughForTails - count) / (2 * enoughForTails);
  return { middleMs, lowMs: at(0) * (1 - widening), highMs: at(count - 1) * (1 + widening) };
}
