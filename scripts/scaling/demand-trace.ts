/**
 * Demand for sandboxes over a week, made from a seed, so that a comparison can be repeated to the last start. No customer's data: shapes that operators will
 * recognise, with chance on top.
 */
import { mulberry32 } from '../random/mulberry32.ts';

/** A sandbox is ready after so long on Fargate, image pull included; one interval of the trace. */
export const intervalSeconds = 60;
export const intervalsPerDay = 86_400 / intervalSeconds;
export const days = 7;

export type TraceShape = 'office' | 'bursts' | 'nightly' | 'global' | 'flat';

export interface TraceMeaning {
  shape: TraceShape;
  meaning: string;
}

export const traceShapes: readonly TraceMeaning[] = [
  { shape: 'office', meaning: 'people at work: a hump on five days, little at night and on weekends' },
  { shape: 'bursts', meaning: 'office, and bursts of 40 to 120 starts a minute for some minutes, at any time' },
  { shape: 'nightly', meaning: 'little by day; 90 starts a minute for half an hour, every night at two' },
  { shape: 'global', meaning: 'people in all time zones: never quiet, twice as much at the peak' },
  { shape: 'flat', meaning: 'the same at any time: nothing to save, and shown for that' },
];

/** How many come when so many are expected (Knuth's way; means here are below 150). */
function poisson(random: () => number, mean: number): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}

/** Starts expected a minute at this hour (0 to 24) of this day (0 is a Monday), before bursts. */
function expected(shape: TraceShape, day: number, hour: number): number {
  const hump = (middle: number, width: number): number => Math.exp(-(((hour - middle) / width) ** 2));
  const office = day < 5 ? 0.3 + 14 * (hump(10.5, 2) + hump(15, 2)) : 0.3;
  switch (shape) {
    case 'office':
    case 'bursts':
      return office;
    case 'nightly':
      return hour >= 2 && hour < 2.5 ? 90 : 0.5;
    case 'global':
      return 8 + 4 * Math.sin(((hour - 8) / 24) * 2 * Math.PI);
    case 'flat':
      return 8;
  }
}

/** Starts a minute for a week. */
export function demandTrace(shape: TraceShape, seed: number): number[] {
  const random = mulberry32(seed);
  let burstLeft = 0;
  let burstMean = 0;
  return Array.from({ length: days * intervalsPerDay }, (_, minute) => {
    const day = Math.floor(minute / intervalsPerDay);
    const hour = ((minute % intervalsPerDay) * 24) / intervalsPerDay;
    // Three a day, of three to twelve minutes.
    if (shape === 'bursts' && burstLeft === 0 && random() < 3 / intervalsPerDay) {
      burstLeft = 3 + Math.floor(random() * 10);
      burstMean = 40 + random() * 80;
    }
    const burst = burstLeft > 0 ? burstMean : 0;
    burstLeft = Math.max(0, burstLeft - 1);
    return poisson(random, expected(shape, day, hour) + burst);
  });
}
