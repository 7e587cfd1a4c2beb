import { z } from 'zod';
import type { Period } from '../core/time/period.ts';

/** How a trusted root says from when to when a key or certificate is trusted; what it does not say has no end. */
export const ValidFor = z.looseObject({ start: z.iso.datetime().optional(), end: z.iso.datetime().optional() });

/** The period that a trusted root names. */
export function periodOf(validFor: z.infer<typeof ValidFor> | undefined): Period {
  const { start, end } = validFor ?? {};
  return { from: start === undefined ? -Infinity : Date.parse(start), to: end === undefined ? Infinity : Date.parse(end) };
}
