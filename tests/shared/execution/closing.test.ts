/** A run is closed by the write that seals it; what an earlier version sealed and left open is closed by Record. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { simulateEcho } from '../../../runner/simulated/simulated-runner.ts';
import { readCalibrations } from '../../../shared/estimate/calibration.ts';
import { openRuns } from '../../../shared/execution/dispatch/sweep-executions.ts';
import { headKey, openPartitionsOf, type ExecutionRecord } from '../../../shared/execution/execution-record.ts';
import { getExecutionRecord } from '../../../shared/execution/execution-store.ts';
import { recordRun } from '../../../shared/execution/phases/record-run.ts';
import { sealRun } from '../../../shared/execution/phases/seal-run.ts';
import type { FaultPoint } from '../../../shared/port/faults.ts';
import { openEngine, type Engine } from '../../support/open-engine.ts';

let engine: Engine;
let hits: FaultPoint[];
let openAtSeal: number;
beforeEach(async () => {
  hits = [];
  engine = await openEngine({
    faults: {
      async hit(point) {
        hits.push(point);
        if (point === 'seal:after-write') openAtSeal = (await openNow()).length;
      },
    },
  });
  await engine.publish(`name: one\nversion: 1.0.0\ntasks: [{ id: only, uses: 'pkg:demo/echo@1.0.0' }]\n`);
}, 60_000);
afterEach(async () => engine.close());

async function openNow(): Promise<string[]> {
  const ids: string[] = [];
  for await (const { executionId } of openRuns(engine.home.deps)) ids.push(executionId);
  return ids;
}

async function finished(): Promise<ExecutionRecord> {
  const { id } = await engine.start({ workflow: 'one' });
  await engine.finish(id);
  while (engine.home.pending() > 0) await delay(10);
  return getExecutionRecord(engine.home.deps, engine.actor.tenant, id);
}

test('no sweep finds a run that is sealed', async () => {
  const head = await finished();
  expect(hits).toContain('seal:after-write');
  expect(openAtSeal).toBe(0);
  expect(head.gsi2pk).toBeUndefined();
  expect(await openNow()).toEqual([]);
});

test('the seal teaches what the attempts took, and no second one does', async () => {
  engine.simulate((spec) => ({ ...simulateEcho(spec), delayMs: 0 }));
  const { id: executionId, tenant } = await finished();
  const { deps } = engine.home;
  await sealRun(deps, { tenant, executionId });
  await recordRun(deps, { tenant, executionId });
  const [known] = await readCalibrations(deps, tenant, [{ uses: 'pkg:demo/echo@1.0.0', resourceClass: 'small' }]);
  expect([...(known?.values() ?? [])].flatMap(({ samples }) => samples)).toHaveLength(1);
});

test('Record closes what is sealed and still listed, and nothing else', async () => {
  const { id: executionId, tenant } = await finished();
  const { deps } = engine.home;
  const key = headKey(tenant, executionId);
  for (const gsi2pk of openPartitionsOf(executionId)) {
    await deps.table.write([{ kind: 'update', key, set: { gsi2pk, gsi2sk: executionId, phaseToken: 'token' } }]);
    expect(await openNow()).toHaveLength(1);
    await recordRun(deps, { tenant, executionId });
    expect(await openNow()).toEqual([]);
    expect((await getExecutionRecord(deps, tenant, executionId)).phaseToken).toBeUndefined();
  }
  await deps.table.write([
    { kind: 'update', key, set: { state: 'running', gsi2pk: openPartitionsOf(executionId)[0] ?? '', gsi2sk: executionId } },
  ]);
  await recordRun(deps, { tenant, executionId });
  expect(await openNow()).toHaveLength(1);
});
