import { expect, test } from '@jest/globals';
import { nearestOfFew } from '../../../shared/core/nearest-of-few.ts';

test('only the first twenty words of a text have a suggestion', () => {
  const nearest = nearestOfFew();
  const found = Array.from({ length: 21 }, () => nearest('biuld', ['build']));
  expect(found).toEqual([...Array.from({ length: 20 }, () => 'build'), undefined]);
  expect(nearestOfFew()('biuld', ['build'])).toBe('build');
});
