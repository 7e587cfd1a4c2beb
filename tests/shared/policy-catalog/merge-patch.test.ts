import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Json } from '../../../shared/core/json/canonical-json.ts';
import { applyMergePatch } from '../../../shared/policy-catalog/merge-patch.ts';

/** Appendix A of RFC 7386. */
const appendix: readonly [Json, Json, Json][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

test.each(appendix)('%j changed by %j is %j, as RFC 7386 has it', (target, patch, result) => {
  expect(applyMergePatch(target, patch)).toEqual(result);
});

test('neither the value nor the change is changed, and doing it twice changes nothing more', () => {
  const json = fc.jsonValue({ maxDepth: 3 }).map((value): Json => JSON.parse(JSON.stringify(value)) as Json); // fast-check's own JSON type is wider.
  fc.assert(
    fc.property(json, json, (target, patch) => {
      const before = JSON.stringify([target, patch]);
      const once = applyMergePatch(target, patch);
      expect(JSON.stringify([target, patch])).toBe(before);
      expect(applyMergePatch(once, patch)).toEqual(once);
    }),
    { seed: 20_261_120, numRuns: 500 },
  );
});

test('a field called __proto__ is a field like any other', () => {
  const patched = applyMergePatch({ a: 1 }, JSON.parse('{"__proto__": {"isAdmin": true}}') as Json); // JSON.parse says any.
  expect(JSON.stringify(patched)).toBe('{"a":1,"__proto__":{"isAdmin":true}}');
  expect(Reflect.get(Object(patched), 'isAdmin')).toBeUndefined();
});
