/** How long attempts may take: their own time limit, and never longer than the run; what undoes them has its own time. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { simulateEcho } from '../../../runner/simulated/simulated-runner.ts';
import type { Execution } from '../../../shared/execution/execution.ts';
import { failing, openEngine, type Engine } from '../../support/open-engine.ts';

const manifest = `name: limited
version: 1.0.0
timeout: 20s
tasks:
  - { id: short, uses: 'pkg:demo/echo@1.0.0', timeout: 2s }
  - { id: made, uses: 'pkg:demo/echo@1.0.0', timeout: 60s, needs: [short], compensate: { uses: 'pkg:demo/echo@1.0.0' } }
  - { id: bad, uses: 'pkg:demo/fail@1.0.0', timeout: 60s, needs: [made] }
`;

let engine: Engine;
beforeEach(async () => {
  engine = await openEngine();
  await engine.publish(manifest);
}, 60_000);
afterEach(async () => engine.close());

/** A run whose task `made` takes so long, while nothing else takes any time, and the limit of each attempt that the runner got. */
async function limitsWhere(madeTakesMs: number): Promise<{ ended: Execution; limits: [string, number][] }> {
  const { deps } = engine.home;
  let now = deps.clock.now();
  deps.clock = { ...deps.clock, now: () => now };
  engine.simulate((spec) => {
    if (spec.taskId === 'bad') return failing('no', false);
    if (spec.idempotencyKey.endsWith('/made')) now += madeTakesMs;
    return simulateEcho(spec);
  });
  const ended = await engine.finish((await engine.start({ workflow: 'limited' })).id);
  const limits = engine.attempts.map(({ idempotencyKey, limits: { timeoutMs } }): [string, number] => [
    idempotencyKey.replace(`${ended.id}/`, ''),
    timeoutMs,
  ]);
  return { ended, limits };
}

test('an attempt has its own time limit or what is left to its run, whichever is less; a compensation always has its own', async () => {
  const { limits } = await limitsWhere(4_000);
  expect(limits).toEqual([
    ['short', 2_000],
    ['made', 20_000],
    ['bad', 16_000],
    ['made/compensation', 60_000],
  ]);
});

test('past its deadline a run begins no attempt, and is undone all the same', async () => {
  const { ended, limits } = await limitsWhere(20_000);
  expect(limits.map(([name]) => name)).toEqual(['short', 'made', 'made/compensation']);
  expect(ended).toMatchObject({ state: 'failed', error: { taskId: 'bad', failure: 'timeout' } });
});
