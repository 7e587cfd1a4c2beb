import { toUsd } from '../../shared/core/money.ts';

/** Money as people read it; small amounts keep their digits. */
export function usd(micros: number): string {
  const dollars = toUsd(micros);
  return `$${dollars.toFixed(dollars !== 0 && dollars < 1 ? 6 : 2)}`;
}

/** A length of time in the largest unit that leaves it readable. */
export function millis(ms: number): string {
  if (ms < 1_000) return `${String(Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${String(Math.floor(ms / 60_000))} min ${String(Math.round((ms % 60_000) / 1_000))} s`;
}

/** A digest short enough for a table, long enough to recognise. */
export const shortDigest = (digest: string): string => `${digest.slice(0, 'sha256:'.length + 12)}…`;

export const plural = (count: number, noun: string): string => `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
