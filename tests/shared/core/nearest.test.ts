import { expect, test } from '@jest/globals';
import { nearest } from '../../../shared/core/nearest.ts';

test.each([
  ['biuld', ['test', 'build'], 'build'],
  ['Build', ['build', 'built'], 'build'],
  ['tasks', ['task'], 'task'],
  ['a', ['b'], 'b'],
  ['x', ['long'], undefined],
  ['nothing', ['build'], undefined],
  ['same', ['same'], undefined],
  ['x'.repeat(65), ['x'.repeat(64)], undefined],
  ['word', ['word'.repeat(20)], undefined],
  ['word', [], undefined],
])('%s among %j means %s', (word, candidates, meant) => {
  expect(nearest(word, candidates)).toBe(meant);
});

test('only the first thousand candidates are looked at', () => {
  const candidates = Array.from({ length: 1_000 }, (_, at) => `candidate-${at}-of-many`);
  expect(nearest('build', [...candidates, 'biuld'])).toBeUndefined();
  expect(nearest('build', [...candidates.slice(1), 'biuld'])).toBe('biuld');
});
