import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { actOnExecution } from '../../../shared/execution/actions/act-on-execution.ts';
import { compensateRun } from '../../../shared/execution/phases/compensate-run.ts';
import { sealRun } from '../../../shared/execution/phases/seal-run.ts';
import { getExecution } from '../../../shared/execution/read/get-execution.ts';
import { openEngine, type Engine } from '../../support/open-engine.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await openEngine();
}, 60_000);
afterEach(async () => engine.close());

const manifest = `name: gap
version: 1.0.0
tasks: [{ id: made, uses: 'pkg:demo/echo@1.0.0', compensate: { uses: 'pkg:demo/echo@1.0.0' } }]
outputs: { missing: '\${{ tasks.made.outputs.nothing }}' }
`;

describe('a run whose outputs do not resolve', () => {
  test('is undone like any other failed run, and is no case for a retry', async () => {
    await engine.publish(manifest);
    const { id } = await engine.start({ workflow: 'gap' });
    expect(await engine.finish(id)).toMatchObject({
      state: 'failed',
      error: { taskId: null, failure: 'outputs' },
      tasks: [{ id: 'made', state: 'succeeded', compensation: 'done' }],
    });
    const retry = actOnExecution(engine.home.deps, engine.actor, { id, action: 'retry', reason: 'again' });
    await expect(retry).rejects.toMatchObject({
      code: 'mc:execution:action-conflict',
      message: expect.stringContaining('its outputs did'),
    });
  });

  test('is sealed only when it was undone, however often and by whomever the seal is tried', async () => {
    await engine.publish(manifest);
    const { deps } = engine.home;
    deps.phases = { start: async () => undefined, finishRun: async () => undefined };
    const { id } = await engine.start({ workflow: 'gap' });
    const input = { tenant: engine.actor.tenant, executionId: id };
    while ((await getExecution(deps, engine.actor, id)).tasks[0]?.state !== 'succeeded') await delay(5);
    expect(await Promise.all([sealRun(deps, input), sealRun(deps, input)])).toEqual([{ isSealed: false }, { isSealed: false }]);
    expect(await sealRun(deps, input)).toEqual({ isSealed: false });
    await compensateRun(deps, input);
    expect(await sealRun(deps, input)).toEqual({ isSealed: true });
    expect(await getExecution(deps, engine.actor, id)).toMatchObject({ state: 'failed', tasks: [{ compensation: 'done' }] });
  });
});
