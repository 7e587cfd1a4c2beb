import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { planRun } from '../../../shared/plan/plan-run.ts';
import type { PlanAnswer } from '../../../shared/plan/plan.ts';
import { metricNames } from '../../../shared/port/metrics.ts';
import { openEngine, type Engine } from '../../support/open-engine.ts';

let engine: Engine;
const manifest = `name: hello
version: 1.0.0
tasks:
  - { id: greet, uses: 'pkg:demo/echo@1.0.0', with: { message: hello } }
`;

beforeEach(async () => {
  engine = await openEngine();
  await engine.publish(manifest);
});
afterEach(() => engine.close());

/** Runs it once and waits until it is recorded, which is after its seal. */
async function runOnce(): Promise<void> {
  await engine.finish((await engine.start({ workflow: 'hello' })).id);
  while (engine.home.pending() > 0) await delay(5);
}
/** A plan in another region is another plan, so none of a moment before is remembered. */
const planIn = (region: string): Promise<PlanAnswer> => planRun(engine.home.deps, engine.actor, { workflow: 'hello', inputs: {}, region });

test('five sealed runs are enough to plan the sixth by, and each of them says how far off its estimate was', async () => {
  for (let run = 0; run < 4; run += 1) await runOnce();
  const early = (await planIn('EU')).plan.tasks[0]?.estimate;
  expect(early).toMatchObject({ basis: 'declared', samples: 4 });
  await runOnce();
  expect((await planIn('CH')).plan.tasks[0]?.estimate).toMatchObject({ basis: 'learned', samples: 5 });
  expect(engine.home.metrics.samples(metricNames.estimatorDrift)).toHaveLength(5);
});

test('attempts that failed teach no time', async () => {
  engine.simulate(() => ({
    result: { kind: 'failed', failure: 'error', message: 'no', retryable: false, usage: { wallMs: 5_000 } },
  }));
  for (let run = 0; run < 5; run += 1) await runOnce();
  expect((await planIn('EU')).plan.tasks[0]?.estimate).toMatchObject({ basis: 'declared', samples: 0 });
  expect(engine.home.metrics.samples(metricNames.estimatorDrift)).toHaveLength(0);
});
