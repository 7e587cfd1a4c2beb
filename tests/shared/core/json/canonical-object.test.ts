import { expect, test } from '@jest/globals';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonicalJson, type Json } from '../../../../shared/core/json/canonical-json.ts';
import { canonicalObject } from '../../../../shared/core/json/canonical-object.ts';

test('an object that is written from the texts of its members is the one that is written whole', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[a-zA-Z_" ü]+$/), fc.jsonValue()), (value) => {
      const names = Object.keys(value).sort();
      const members = Object.fromEntries(names.map((name) => [name, canonicalJson(value[name] as Json)]));
      expect(canonicalObject(members)).toBe(canonicalize(value));
    }),
  );
});

test('members that are undefined are left out', () => {
  expect(canonicalObject({ a: undefined, b: '1', c: undefined, d: '[]' })).toBe('{"b":1,"d":[]}');
  expect(canonicalObject({})).toBe('{}');
});

test('members out of their order are refused, for the text would not be canonical', () => {
  expect(() => canonicalObject({ b: '1', a: '2' })).toThrow('a stands behind b');
});
