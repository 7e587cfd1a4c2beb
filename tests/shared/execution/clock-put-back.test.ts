/** The clock of the machine is put right while a run is under way: what was to come at the old time does not wait until it is that late again. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { simulateEcho } from '../../../runner/simulated/simulated-runner.ts';
import { pauseLeftMs } from '../../../shared/execution/dispatch/retry-policy.ts';
import { sweepExecutions } from '../../../shared/execution/dispatch/sweep-executions.ts';
import { getExecution } from '../../../shared/execution/read/get-execution.ts';
import { failing, openEngine, type Engine } from '../../support/open-engine.ts';
import { startForgotten } from '../../support/start-forgotten.ts';

const dayMs = 86_400_000;
const single = (name: string): string => `name: ${name}\nversion: 1.0.0\ntasks: [{ id: only, uses: 'pkg:demo/echo@1.0.0', retries: 1 }]\n`;

describe('a clock that is put back by a day', () => {
  let engine: Engine;
  let offsetMs: number;
  beforeEach(async () => {
    offsetMs = 0;
    engine = await openEngine();
    const { deps } = engine.home;
    const { clock } = deps;
    deps.clock = { now: () => clock.now() + offsetMs, elapsedMs: () => clock.elapsedMs(), sleep: (ms, signal) => clock.sleep(ms, signal) };
  }, 60_000);
  afterEach(() => engine.close());

  test('does not make a failed task wait for its next attempt until it is that late again', async () => {
    await engine.publish(single('patient'));
    engine.simulate((spec) => (engine.attempts.length > 1 ? simulateEcho(spec) : failing('not yet', true)));
    const { id } = await engine.start({ workflow: 'patient' });
    while ((await getExecution(engine.home.deps, engine.actor, id)).tasks[0]?.attempts[0]?.endedAt === null) await delay(5);
    offsetMs = -dayMs;
    expect((await engine.finish(id)).tasks[0]?.attempts.map(({ failure }) => failure)).toEqual(['error', null]);
  });

  test('does not hide a run from the sweep', async () => {
    await engine.publish(single('forgotten'));
    const { deps } = engine.home;
    const id = await startForgotten(engine, 'forgotten');
    expect(await sweepExecutions(deps)).toMatchObject({ looked: 0 });
    offsetMs = -dayMs;
    expect(await sweepExecutions(deps)).toMatchObject({ looked: 1 });
    expect((await engine.finish(id)).state).toBe('succeeded');
  });
});

describe('what is left of a pause', () => {
  const task = { readyAt: 1_000, notBefore: 1_500 };
  test.each([
    ['all of it when it begins', 1_000, 500],
    ['a part of it later', 1_499, 1],
    ['nothing when it is over', 1_500, 0],
    ['nothing when the clock was put back before its beginning', 999, 0],
  ])('is %s', (_, now, leftMs) => expect(pauseLeftMs(task, now)).toBe(leftMs));
});
