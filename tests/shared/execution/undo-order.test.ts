import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { simulateEcho } from '../../../runner/simulated/simulated-runner.ts';
import { inUndoOrder } from '../../../shared/execution/phases/undo-order.ts';
import { failing, openEngine, type Engine } from '../../support/open-engine.ts';

const task = (id: string, needs: string[], completedAt: number | null): Parameters<typeof inUndoOrder>[0][number] => ({
  id,
  needs,
  completedAt,
});
const idsOf = (tasks: Parameters<typeof inUndoOrder>[0]): string[] => inUndoOrder(tasks).map(({ id }) => id);

describe('tasks are undone', () => {
  test('none before what needed it, directly or through others, whatever the clocks said', () => {
    const chain = [task('a', [], 300), task('b', ['a'], null), task('c', ['b'], 100), task('d', ['a', 'c'], 200)];
    expect(idsOf(chain)).toEqual(['d', 'c', 'b', 'a']);
    expect(idsOf(chain.toReversed())).toEqual(['d', 'c', 'b', 'a']);
  });

  test('and of those that stand equally deep the newest first', () => {
    expect(idsOf([task('old', [], 1), task('new', [], 3), task('between', [], 2), task('top', ['old'], 0)])).toEqual([
      'top',
      'new',
      'between',
      'old',
    ]);
  });
});

describe('a run that failed', () => {
  let engine: Engine;
  beforeEach(async () => {
    engine = await openEngine();
    const undone = "uses: 'pkg:demo/echo@1.0.0', compensate: { uses: 'pkg:demo/echo@1.0.0' }";
    await engine.publish(`name: chain
version: 1.0.0
tasks:
  - { id: first, ${undone} }
  - { id: next, ${undone}, needs: [first] }
  - { id: last, ${undone}, needs: [next] }
  - { id: bad, uses: 'pkg:demo/fail@1.0.0', needs: [last] }
`);
  }, 60_000);
  afterEach(async () => engine.close());

  test.each([
    ['stands still', 0],
    ['goes back an hour', -3_600_000],
  ])('is undone from its end where the clock %s', async (_name, jumpMs) => {
    const { deps } = engine.home;
    let now = deps.clock.now();
    deps.clock = { ...deps.clock, now: () => now };
    engine.simulate((spec) => {
      if (spec.taskId === 'bad') return failing('no', false);
      if (spec.taskId === 'last') now += jumpMs;
      return simulateEcho(spec);
    });
    const ended = await engine.finish((await engine.start({ workflow: 'chain' })).id);
    expect(ended.tasks.map(({ compensation }) => compensation)).toEqual(['none', 'done', 'done', 'done']);
    const undone = engine.attempts.filter(({ idempotencyKey }) => idempotencyKey.endsWith('/compensation'));
    expect(undone.map(({ taskId }) => taskId)).toEqual(['last', 'next', 'first']);
  });
});
