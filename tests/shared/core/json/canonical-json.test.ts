import { describe, expect, test } from '@jest/globals';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonicalJson } from '../../../../shared/core/json/canonical-json.ts';

const sorted = (value: unknown): unknown => JSON.parse(canonicalize(value) ?? 'null');

describe('canonical JSON', () => {
  test('is what the library says, for values in order and for others', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        expect(canonicalJson(value)).toBe(canonicalize(value));
        expect(canonicalJson(sorted(value))).toBe(canonicalize(value));
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['keys that JavaScript orders by itself', { 10: 1, 9: 2, a: 3 }],
    ['keys beyond the basic plane, which sort by code units', { '\u{1f600}': 1, '\ufb33': 2 }],
    ['the key __proto__', JSON.parse('{"__proto__":1,"a":2}')],
    ['members that are undefined', { a: undefined, b: 1 }],
    ['numbers at the edges', [0, -0, 1e21, 1e-7, 5e-324, Number.MAX_SAFE_INTEGER, 0.1 + 0.2]],
    ['an object with a form of its own', { a: new Date(0) }],
    ['a text that spells a surrogate', { a: '\\ud800', b: '\ud83d\ude00' }],
    ['an array with a hole', Object.assign([1], { length: 3 })],
    [
      'an instance of a class',
      new (class {
        b = 1;
        a = 2;
      })(),
    ],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1, b: 2 })],
    ['a boxed number', { a: Object(1) as unknown }],
  ])('is what the library says for %s', (_, value: unknown) => {
    expect(canonicalJson(value)).toBe(canonicalize(value));
  });

  test.each([
    ['a lone surrogate', { a: '\ud800' }],
    ['a key that is a lone surrogate', { '\ud800': 1 }],
    ['no number', [Number.NaN]],
    ['an endless number', { a: Number.POSITIVE_INFINITY }],
  ])('refuses %s, as the library does', (_, value: unknown) => {
    expect(() => canonicalize(value)).toThrow();
    expect(() => canonicalJson(value)).toThrow();
  });

  test('refuses a value that holds itself', () => {
    const value: Record<string, unknown> = {};
    value['self'] = value;
    expect(() => canonicalJson(value)).toThrow();
  });
});
