import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findJsonSyntaxError } from '../../../../shared/core/json/json-syntax.ts';

test('JSON has no syntax error', () => {
  fc.assert(fc.property(fc.json(), (text) => expect(findJsonSyntaxError(text)).toBeUndefined()));
});

test.each([
  ['', 0],
  ['[1, x]', 4],
  ['{"a": tru}', 9],
  ['{"a": 1,}', 8],
  ['{"a"', 4],
  ['[1] [2]', 4],
  ['"a\nb"', 2],
  ['01', 1],
])('%j stops being JSON at character %i', (text, offset) => {
  expect(findJsonSyntaxError(text)?.offset).toBe(offset);
});

test('a character that can never be JSON is found wherever it stands', () => {
  fc.assert(
    fc.property(fc.json({ depthSize: 'small' }), fc.nat(), (json, at) => {
      const inside = `[${json}`;
      expect(findJsonSyntaxError(`${inside}@${' '.repeat(at % 10)}]`)).toMatchObject({ offset: inside.length });
    }),
  );
});
