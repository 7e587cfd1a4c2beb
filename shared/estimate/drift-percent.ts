import type { UsdMicros } from '../core/money.ts';

/** How far the measured cost is from its estimate, either way, in percent of the estimate; an estimate of nothing counts as one micro-dollar. */
export function driftPercent({
  estimatedUsdMicros,
  actualUsdMicros,
}: {
  estimatedUsdMicros: UsdMicros;
  actualUsdMicros: UsdMicros;
}): number {
  return (100 * Math.abs(actualUsdMicros - estimatedUsdMicros)) / Math.max(estimatedUsdMicros, 1);
}
