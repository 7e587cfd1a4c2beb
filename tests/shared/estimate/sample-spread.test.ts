import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sampleSpread } from '../../../shared/estimate/sample-spread.ts';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => 100 + index);

describe('the spread of samples', () => {
  test('has the middle one as its middle, or the mean of the two', () => {
    expect(sampleSpread([9, 1, 5]).middleMs).toBe(5);
    expect(sampleSpread([9, 1, 5, 6]).middleMs).toBe(5.5);
  });

  test('leaves one sample in twenty out at each end when there are enough for that', () => {
    // 40 samples: rank floor(41 / 20) = 2 from either end.
    expect(sampleSpread(upTo(40))).toMatchObject({ lowMs: 101, highMs: 138 });
    expect(sampleSpread(upTo(19))).toMatchObject({ lowMs: 100, highMs: 118 });
  });

  test('goes beyond what was seen when little was seen, and the less the more', () => {
    expect(sampleSpread([100])).toEqual({ middleMs: 100, lowMs: 100 * (1 - 18 / 38), highMs: 100 * (1 + 18 / 38) });
    const widths = [1, 5, 10, 18].map((count) => sampleSpread(Array.from({ length: count }, () => 100)).highMs);
    expect(widths).toEqual(widths.toSorted((a, b) => b - a));
    expect(widths.at(-1)).toBeGreaterThan(100);
  });

  test('always holds its middle, whatever the order of the samples', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 64 }), (samples) => {
        const { lowMs, middleMs, highMs } = sampleSpread(samples);
        expect(lowMs <= middleMs && middleMs <= highMs).toBe(true);
        expect(sampleSpread(samples.toReversed())).toEqual({ lowMs, middleMs, highMs });
      }),
    );
  });
});
