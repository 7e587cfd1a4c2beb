import { expect, test } from '@jest/globals';
import { countValues, schemaCost } from '../../../shared/package/schema-cost.ts';

test('a schema is plain when it looks at each value once, whatever its fields are called', () => {
  const plain = { type: 'object', properties: { pattern: { type: 'string', maxLength: 5 }, properties: { items: { enum: [1, 2] } } } };
  expect(schemaCost(plain)).toEqual({ values: 11, isPlain: true, hasReferences: false });
});

test.each<[string, object]>([
  ['pattern', { pattern: 'a' }],
  ['format', { format: 'date' }],
  ['anyOf', { anyOf: [{ type: 'string' }] }],
  ['a keyword that nobody knows yet', { soon: 1 }],
  ['uniqueItems of items', { items: { items: { uniqueItems: true } } }],
  ['contains of a field', { properties: { a: { contains: {} } } }],
  ['not of other fields', { additionalProperties: { not: {} } }],
])('it is not with %s', (_, schema) => {
  expect(schemaCost({ type: 'object', ...schema }).isPlain).toBe(false);
});

test.each(['$ref', '$dynamicRef'])('%s may count many times', (key) => {
  expect(schemaCost({ properties: { a: { [key]: '#' } } })).toMatchObject({ isPlain: false, hasReferences: true });
});

test('values are counted as far as they matter', () => {
  expect(countValues({ a: [1, 'b', null, { c: false }] }, 100)).toBe(7);
  expect(
    countValues(
      Array.from({ length: 1_000_000 }, () => [1]),
      10,
    ),
  ).toBeGreaterThan(10);
});
