import { expect, test } from '@jest/globals';
import { hasDuplicateMembers } from '../../../../shared/core/json/has-duplicate-members.ts';
import { maxBundleBytes } from '../../../../shared/receipt/bundle.ts';

const isTwice = (text: string): boolean => hasDuplicateMembers(text, JSON.parse(text));

test.each([
  ['{"a":1,"a":2}', true],
  ['[{"b":{"a":1,"\\u0061":2}}]', true],
  ['{"a":{"a":[{"a":null}]}}', false],
  ['{"a:\\":":"b\\\\","c":":"}', false],
  ['"\\":\\""', false],
  ['{}', false],
])('%s: %s', (text, expected) => {
  expect(isTwice(text)).toBe(expected);
});

test('a string as long as a bundle may be is gone through', () => {
  expect(isTwice(`{"payload":"${'A'.repeat(maxBundleBytes)}"}`)).toBe(false);
  expect(isTwice(`{"payload":"${'A'.repeat(maxBundleBytes)}","payload":""}`)).toBe(true);
});
