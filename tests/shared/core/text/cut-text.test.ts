import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cutText } from '../../../../shared/core/text/cut-text.ts';

test.each([
  ['short', 5, 'short'],
  ['longer', 5, 'longe'],
  ['four😀', 5, 'four'],
  ['for😀ever', 5, 'for😀'],
])('%j in %i characters is %j', (text, maxCharacters, cut) => {
  expect(cutText(text, maxCharacters)).toBe(cut);
});

test('what is cut is whole characters, no more than there may be, and as many as there can be', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 20 }), (text, maxCharacters) => {
      const cut = cutText(text, maxCharacters);
      expect(cut.isWellFormed()).toBe(true);
      expect(text.startsWith(cut)).toBe(true);
      expect(cut.length).toBeLessThanOrEqual(maxCharacters);
      expect(cut.length).toBeGreaterThanOrEqual(Math.min(text.length, maxCharacters - 1));
    }),
  );
});
