import { expect, test } from '@jest/globals';
import { maxOpenRunsOf } from '../../statemachines/interpreter/max-open-runs.ts';

const mebibyte = 2 ** 20;

test.each([
  [4_096, 20_000],
  [512, 20_000],
  [256, 10_485],
  [128, 5_242],
])('a heap of %i MiB has room for %i open runs', (heap, runs) => {
  expect(maxOpenRunsOf(heap * mebibyte)).toBe(runs);
});
