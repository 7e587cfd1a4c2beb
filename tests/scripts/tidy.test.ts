import { expect, test } from '@jest/globals';
import { digestBytes } from '../../shared/core/digest.ts';

test('x', () => {
  expect(digestBytes('')).toMatch(/^sha256/);
});
