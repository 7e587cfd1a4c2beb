import { expect, test } from '@jest/globals';
import { measureActions, targets } from '../../../scripts/bench/actions/measure-actions.ts';

test('the bench of actions acts on runs in every state and sees each action happen', async () => {
  const { rows, homeMs, load } = await measureActions({ each: 3, loadPerSecond: 500, operators: 2 });
  expect(rows.map(({ action, state, count }) => [action, state, count])).toEqual(targets.map(({ action, state }) => [action, state, 3]));
  for (const { ms } of rows) {
    expect(ms.p50).toBeGreaterThan(0);
    expect(ms.p95).toBeGreaterThanOrEqual(ms.p50);
  }
  expect(homeMs.p50).toBeGreaterThan(0);
  expect(load.started).toBeGreaterThanOrEqual(1);
  expect(load.refused).toBe(0);
}, 120_000);
