import { toUsd } from '../../shared/core/money.ts';

/** Money as people read it; small amounts keep their digits. */
export function usd(micros: number): string {
  const dollars = toUsd(micros);
  return `$${dollars.toFixed(dollars !== 0 && dollars < 1 ? 6 : 2)}`;
}

/** The same for an amount that the API answers in dollars. */
export const dollars = (amount: number): string => usd(Math.round(amount * 1_000_000));

/** A share of a whole, 1 being all of it. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return 'over';
  const isSmall = share >= 0.000_5 && share < 0.1;
  return `${(share * 100).toFixed(isSmall ? 1 : 0)} %`;
}

/** A length of time in the largest units that leave it readable. */
export function millis(ms: number): string {
  if (ms < 1_000) return `${String(Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  const parts = [
    [Math.floor(seconds / 3_600), 'h'],
    [Math.floor((seconds % 3_600) / 60), 'min'],
    [seconds % 60, 's'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .slice(0, 2)
    .map(([count, unit]) => `${String(count)} ${unit}`)
    .join(' ');
}

/** A digest short enough for a table, long enough to recognise. */
export const shortDigest = (digest: string): string => `${digest.slice(0, 'sha256:'.length + 12)}…`;

export const plural = (count: number, noun: string): string => `${String(count)} ${noun}${count === 1 ? '' : 's'}`;

/** A size in the unit that leaves it readable. */
export function byteSize(bytes: number): string {
  if (bytes < 1_000) return `${String(bytes)} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return bytes < 1_000_000_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${(bytes / 1_000_000_000).toFixed(2)} GB`;
}
