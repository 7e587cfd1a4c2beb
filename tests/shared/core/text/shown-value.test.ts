import { expect, test } from '@jest/globals';
import { shownValue } from '../../../../shared/core/text/shown-value.ts';

test.each([
  ['short text as it is', 'one two', 'one two'],
  ['text of sixty characters as it is', 'x'.repeat(60), 'x'.repeat(60)],
  ['longer text cut', 'x'.repeat(61), `${'x'.repeat(60)}…`],
  ['lines as one', 'one  \n\n  two', 'one two'],
  ['long white space between two words cut', `one${'\n'.repeat(1_000)}two`, 'one …'],
  ['other values as JSON', { one: [1, null] }, '{"one":[1,null]}'],
  ['what JSON does not know', undefined, 'undefined'],
])('shows %s', (_, value, shown) => {
  expect(shownValue(value)).toBe(shown);
});

test.each([
  ['carriage returns', '\r'],
  ['spaces', ' '],
  ['byte order marks', '\ufeff'],
])('100,000 %s are shown at once', (_, character) => {
  const startedMs = performance.now();
  expect(shownValue(character.repeat(100_000))).toBe(`${character.repeat(60)}…`);
  expect(shownValue({ in: character.repeat(100_000) })).toContain('…');
  expect(performance.now() - startedMs).toBeLessThan(1_000);
});
