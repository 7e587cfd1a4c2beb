import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compare, valid } from 'semver';
import { versionSortKey } from '../../../shared/core/version-sort-key.ts';

const number = fc.oneof(fc.nat(12), fc.nat(Number.MAX_SAFE_INTEGER));
const identifier = fc.oneof(number.map(String), fc.stringMatching(/^[a-z0-9]{1,4}$/));
const version = fc
  .tuple(number, number, number, fc.array(identifier, { maxLength: 4 }))
  .map(([major, minor, patch, prerelease]) => `${major}.${minor}.${patch}${prerelease.length > 0 ? `-${prerelease.join('.')}` : ''}`)
  .filter((text) => valid(text) === text);

test('sort keys order as the precedence of semantic versions, byte by byte', () => {
  fc.assert(
    fc.property(version, version, (left, right) => {
      expect(Math.sign(Buffer.compare(Buffer.from(versionSortKey(left)), Buffer.from(versionSortKey(right))))).toBe(compare(left, right));
    }),
    { numRuns: 2_000 },
  );
});

test('the example of the specification is in order', () => {
  const inOrder = [
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.0.1',
    '1.2.0',
    '1.10.0',
    '2.0.0',
    '10.0.0',
  ];
  expect([...inOrder].reverse().sort((a, b) => (versionSortKey(a) < versionSortKey(b) ? -1 : 1))).toEqual(inOrder);
});
