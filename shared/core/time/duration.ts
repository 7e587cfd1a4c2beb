import { z } from 'zod';

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A length of time as people write it in a manifest: `500ms`, `30s`, `5m`, `2h`, `1d`. */
export const Duration = z.string().regex(/^[1-9]\d{0,8}(ms|s|m|h|d)$/, 'a whole number and a unit: 500ms, 30s, 5m, 2h or 1d');
export type Duration = z.infer<typeof Duration>;

/** A duration in milliseconds. */
export function durationMs(duration: Duration): number {
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(Duration.parse(duration));
  const unit = match?.[2] as keyof typeof unitMs; // The schema above admits these units only.
  return Number(match?.[1]) * unitMs[unit];
}
