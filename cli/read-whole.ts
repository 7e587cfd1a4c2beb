import { McError } from '../shared/core/errors.ts';

/** The whole number that an option got; throws `mc:cli:usage` for anything but one from `least` to `most`. `hint` says what one of them means. */
export function readWhole(option: string, text: string, { least, most, hint }: { least: number; most: number; hint?: string }): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  const allowed = `a number from ${String(least)} to ${String(most)}${hint === undefined ? '' : `, ${hint}`}`;
  throw new McError('mc:cli:usage', `${option} got ${JSON.stringify(text)}; allowed is ${allowed}.`);
}
