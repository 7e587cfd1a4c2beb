/** Retry runs what failed and what needs it, replay runs everything; both are new runs, and of several people who ask at once one wins. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { simulateEcho } from '../../../runner/simulated/simulated-runner.ts';
import { getDecision } from '../../../shared/decision/decision-store.ts';
import { actOnExecution, type ExecutionAction } from '../../../shared/execution/actions/act-on-execution.ts';
import { headKey, taskKey } from '../../../shared/execution/execution-record.ts';
import type { Execution } from '../../../shared/execution/execution.ts';
import { getExecution } from '../../../shared/execution/read/get-execution.ts';
import { idSchema } from '../../../shared/core/id.ts';
import { metricNames } from '../../../shared/port/metrics.ts';
import { getTenant } from '../../../shared/tenant/tenant-store.ts';
import { readUsage, type Usage } from '../../../shared/tenant/usage.ts';
import { failing, openEngine, type Engine } from '../../support/open-engine.ts';
import { publishTestPackage } from '../../support/publish-test-package.ts';
import { readRunReceipt } from '../../support/read-run-receipt.ts';

const ExecutionId = idSchema('exec');
const reason = 'the registry is back';

let engine: Engine;
let isBroken = true;
beforeEach(async () => {
  isBroken = true;
  engine = await openEngine();
  engine.simulate((spec) => (spec.taskId === 'fetch' && isBroken ? failing('it broke', false) : simulateEcho(spec)));
}, 60_000);
afterEach(async () => engine.close());

async function act(action: ExecutionAction, id: string, idempotencyKey?: string): Promise<Execution> {
  const result = await actOnExecution(engine.home.deps, engine.actor, { action, id, reason, ...(idempotencyKey && { idempotencyKey }) });
  if (result.kind === 'denied') throw new Error('denied');
  return result.execution;
}
const ranIn = (id: string): string[] => engine.attempts.filter((spec) => spec.executionId === id).map(({ taskId }) => taskId);
const usage = async (): Promise<Usage> => readUsage(engine.home.deps, await getTenant(engine.home.deps, engine.actor.tenant));

async function actionsAbout(subject: string): Promise<unknown[]> {
  const audit = await engine.home.deps.table.query({ pk: 'T#acme#AUDIT', limit: 100 });
  const events = audit.items.map((item) => item['event'] as { type: string; subject: string; data: unknown });
  return events.filter((event) => event.type === 'mc.exec.action' && event.subject === subject).map(({ data }) => data);
}

/** `left` and what is built on `fetch` stand side by side, so that something can be reused and something cannot. */
const diamond = `name: diamond
version: 1.0.0
inputs: { word: { type: string } }
tasks:
  - { id: left, uses: 'pkg:demo/echo@1.0.0', with: { word: '\${{ inputs.word }}' } }
  - { id: fetch, uses: 'pkg:demo/echo@1.0.0', needs: [left], with: { word: '\${{ tasks.left.outputs.word }}-f' } }
  - { id: join, uses: 'pkg:demo/echo@1.0.0', needs: [left, fetch], with: { both: ['\${{ tasks.left.outputs.word }}', '\${{ tasks.fetch.outputs.word }}'] } }
outputs: { both: '\${{ tasks.join.outputs.both }}' }
`;

async function failedRun(): Promise<Execution> {
  await engine.publish(diamond);
  const failed = await engine.finish((await engine.start({ workflow: 'diamond', inputs: { word: 'x' } })).id);
  expect(failed.state).toBe('failed');
  isBroken = false;
  return failed;
}

describe('a retry', () => {
  test('is a new run that runs the failed steps only, on the outputs of those that succeeded, and its receipt says which', async () => {
    const failed = await failedRun();
    const retry = await act('retry', failed.id);
    expect(retry).toMatchObject({ retryOf: failed.id, replayOf: null });
    const ended = await engine.finish(retry.id);
    expect(ended).toMatchObject({ state: 'succeeded', outputs: { both: ['x', 'x-f'] } });
    expect(ranIn(retry.id)).toEqual(['fetch', 'join']);
    expect(ended.tasks.find(({ id }) => id === 'left')).toMatchObject({
      state: 'succeeded',
      attempts: [],
      reusedFrom: failed.id,
      costUsdMicros: 0,
    });
    const receipt = await readRunReceipt(engine.home.deps, engine.actor, retry.id);
    expect(receipt).toMatchObject({ state: 'succeeded', retryOf: failed.id });
    expect(receipt.steps.entries.map(({ task, reused, reusedFrom }) => [task, reused, reusedFrom])).toEqual([
      ['fetch', undefined, undefined],
      ['join', undefined, undefined],
      ['left', true, failed.id],
    ]);
    expect(await actionsAbout(failed.id)).toEqual([
      expect.objectContaining({
        reason,
        details: { action: 'retry', executionId: retry.id },
        actor: expect.objectContaining({ sub: 'admin@example.com' }),
      }),
    ]);
    expect(await getExecution(engine.home.deps, engine.actor, failed.id)).toMatchObject({ ...failed, retriedBy: retry.id });
    expect(await usage()).toMatchObject({ inUse: 0, reservedUsdMicros: 0 });
  });

  test('reserves and is judged for what still runs only', async () => {
    const failed = await failedRun();
    const retry = await act('retry', failed.id);
    expect(retry.estimatedCostUsdMicros).toBeGreaterThan(0);
    expect(retry.estimatedCostUsdMicros).toBeLessThan(failed.estimatedCostUsdMicros);
    const decision = await getDecision(engine.home.deps, engine.actor.tenant, retry.decisionId);
    expect(decision).toMatchObject({ input: { workflow: { tasks: [{ id: 'fetch' }, { id: 'join' }] } } });
    await engine.finish(retry.id);
  });

  test('of a retry names the run in which a step really ran', async () => {
    const first = await failedRun();
    isBroken = true;
    const second = await engine.finish((await act('retry', first.id)).id);
    expect(second.state).toBe('failed');
    isBroken = false;
    const third = await engine.finish((await act('retry', second.id)).id);
    expect(third).toMatchObject({ state: 'succeeded', retryOf: second.id });
    expect(third.tasks.find(({ id }) => id === 'left')).toMatchObject({ reusedFrom: first.id });
    expect(ranIn(third.id)).toEqual(['fetch', 'join']);
  });

  test('runs a step again that was undone, and everything that is built on it', async () => {
    await engine.publish(`name: undone
version: 1.0.0
tasks:
  - { id: free, uses: 'pkg:demo/echo@1.0.0' }
  - { id: made, uses: 'pkg:demo/echo@1.0.0', compensate: { uses: 'pkg:demo/echo@1.0.0' } }
  - { id: onMade, uses: 'pkg:demo/echo@1.0.0', needs: [made] }
  - { id: fetch, uses: 'pkg:demo/echo@1.0.0', needs: [free, onMade] }
`);
    const failed = await engine.finish((await engine.start({ workflow: 'undone' })).id);
    expect(failed.tasks.find(({ id }) => id === 'made')).toMatchObject({ compensation: 'done' });
    isBroken = false;
    const retry = await engine.finish((await act('retry', failed.id)).id);
    expect(retry.state).toBe('succeeded');
    expect(ranIn(retry.id)).toEqual(['made', 'onMade', 'fetch']);
  });

  test('runs a step again whose package was replaced since, so that its receipt names no package that did not run', async () => {
    const failed = await failedRun();
    const { packageDigest: shipped } = failed.tasks[0] ?? {};
    const anything = { type: 'object' } as const;
    const own = await publishTestPackage(engine.home.deps, { inputs: anything, outputs: anything }, 'acme');
    const { clock } = engine.home.deps;
    // Plans notice after two seconds.
    engine.home.deps.clock = { ...clock, now: () => clock.now(), elapsedMs: () => clock.elapsedMs() + 2_000 };
    const retry = await engine.finish((await act('retry', failed.id)).id);
    expect(retry).toMatchObject({ state: 'succeeded', outputs: { both: ['x', 'x-f'] } });
    const ran = engine.attempts.filter((spec) => spec.executionId === retry.id).map((spec) => [spec.taskId, spec.package.digest]);
    expect(ran).toEqual(['left', 'fetch', 'join'].map((task) => [task, own.digest]));
    const { steps } = await readRunReceipt(engine.home.deps, engine.actor, retry.id);
    expect(steps.entries.map(({ reused, packageDigest }) => [reused, packageDigest])).toEqual(ran.map(() => [undefined, own.digest]));
    expect(own.digest).not.toBe(shipped);
  });

  test('of a cancelled run goes on where it was cancelled', async () => {
    isBroken = false;
    await engine.publish(diamond);
    engine.simulate((spec) => ({ ...simulateEcho(spec), ...(spec.taskId === 'fetch' && { delayMs: 60_000 }) }));
    const { id } = await engine.start({ workflow: 'diamond', inputs: { word: 'x' } });
    while (!engine.attempts.some(({ taskId }) => taskId === 'fetch')) await new Promise((resolve) => setTimeout(resolve, 5));
    await act('cancel', id);
    expect(await engine.finish(id)).toMatchObject({ state: 'cancelled' });
    engine.simulate(simulateEcho);
    const retry = await engine.finish((await act('retry', id)).id);
    expect(retry).toMatchObject({ state: 'succeeded', outputs: { both: ['x', 'x-f'] } });
    expect(ranIn(retry.id)).toEqual(['fetch', 'join']);
  });

  test('is refused for a run that is not over, that succeeded, or in which no task failed', async () => {
    await engine.publish(diamond);
    isBroken = false;
    const good = await engine.finish((await engine.start({ workflow: 'diamond', inputs: { word: 'x' } })).id);
    await expect(act('retry', good.id)).rejects.toMatchObject({
      code: 'mc:execution:action-conflict',
      message: expect.stringContaining('succeeded'),
    });
    await engine.publish(
      `name: gap\nversion: 1.0.0\ntasks: [{ id: only, uses: 'pkg:demo/echo@1.0.0' }]\noutputs: { missing: '\${{ tasks.only.outputs.nothing }}' }\n`,
    );
    const gap = await engine.finish((await engine.start({ workflow: 'gap' })).id);
    expect(gap.state).toBe('failed');
    await expect(act('retry', gap.id)).rejects.toMatchObject({ message: expect.stringContaining('no task of') });
    engine.simulate((spec) => ({ ...simulateEcho(spec), delayMs: 300 }));
    const open = await engine.start({ workflow: 'diamond', inputs: { word: 'x' } });
    for (const action of ['retry', 'replay'] as const)
      await expect(act(action, open.id)).rejects.toMatchObject({
        code: 'mc:execution:action-conflict',
        message: expect.stringContaining('running'),
      });
    await engine.finish(open.id);
  });

  test('of a run that was cancelled after its last task is refused before anything is judged, and says to replay it', async () => {
    await engine.close();
    isBroken = false;
    let isCancelled = false;
    engine = await openEngine({
      faults: {
        hit: async (point) => {
          const [run] = engine.attempts;
          if (point !== 'seal:after-receipt-blob' || isCancelled || !run) return;
          isCancelled = true;
          await act('cancel', run.executionId);
        },
      },
    });
    await engine.publish(diamond);
    const { id } = await engine.start({ workflow: 'diamond', inputs: { word: 'x' } });
    const cancelled = await engine.finish(id);
    expect(cancelled.state).toBe('cancelled');
    expect(cancelled.tasks.map(({ state }) => state)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    const before = (await engine.home.deps.table.query({ pk: 'T#acme#AUDIT', limit: 100 })).items.length;
    await expect(act('retry', id)).rejects.toMatchObject({
      code: 'mc:execution:action-conflict',
      message: `${id} is cancelled, but all 3 of its tasks had succeeded and none was undone; there is nothing to retry. To run all of it again, replay it: maestro replay ${id} --reason …`,
    });
    expect((await engine.home.deps.table.query({ pk: 'T#acme#AUDIT', limit: 100 })).items).toHaveLength(before);
    expect(await getExecution(engine.home.deps, engine.actor, id)).toMatchObject({ retriedBy: null });
    expect(await engine.finish((await act('replay', id)).id)).toMatchObject({ state: 'succeeded', outputs: { both: ['x', 'x-f'] } });
  });

  test('starts nothing when a stored output is not the one that was signed', async () => {
    const failed = await failedRun();
    const { deps } = engine.home;
    const key = taskKey(engine.actor.tenant, ExecutionId.parse(failed.id), 'left');
    const outputs = (await deps.table.get(key))?.['outputs'] as { digest: string; sizeBytes: number };
    await deps.table.write([{ kind: 'update', key, set: { outputs: { ...outputs, inline: { word: 'forged' } } } }]);
    await expect(act('retry', failed.id)).rejects.toMatchObject({
      code: 'mc:receipt:invalid',
      message: expect.stringContaining('was changed'),
    });
    const forged = { digest: `sha256:${'0'.repeat(64)}`, sizeBytes: 2, inline: {} };
    await deps.table.write([{ kind: 'update', key, set: { outputs: forged } }]);
    await expect(act('retry', failed.id)).rejects.toMatchObject({
      code: 'mc:receipt:invalid',
      message: expect.stringContaining('outputs of left'),
    });
    await deps.table.write([{ kind: 'update', key, set: { outputs } }]);
    const head = headKey(engine.actor.tenant, ExecutionId.parse(failed.id));
    const before = await deps.table.get(head);
    await deps.table.write([{ kind: 'update', key: head, set: { inputs: { ...forged } } }]);
    for (const action of ['retry', 'replay'] as const)
      await expect(act(action, failed.id)).rejects.toMatchObject({
        code: 'mc:receipt:invalid',
        message: expect.stringContaining('other inputs'),
      });
    await deps.table.write([{ kind: 'update', key: head, set: { inputs: before?.['inputs'] } }]);
    expect(await usage()).toMatchObject({ inUse: 0 });
    expect((await engine.finish((await act('retry', failed.id)).id)).state).toBe('succeeded');
  });

  test('asked for by ten people at once is one run; the others are told which', async () => {
    const failed = await failedRun();
    const asked = await Promise.allSettled(Array.from({ length: 10 }, () => act('retry', failed.id)));
    const won = asked.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.id] : []));
    expect(won).toHaveLength(1);
    for (const answer of asked)
      if (answer.status === 'rejected')
        expect(answer.reason).toMatchObject({ code: 'mc:execution:action-conflict', message: expect.stringContaining(won[0] ?? 'none') });
    await engine.finish(won[0] ?? '');
    await expect(act('retry', failed.id)).rejects.toMatchObject({ message: expect.stringContaining(won[0] ?? 'none') });
    expect(await actionsAbout(failed.id)).toHaveLength(1);
    expect(await usage()).toMatchObject({ inUse: 0, reservedUsdMicros: 0 });
  });

  test('that policy denies claims nothing, so it can be asked for again', async () => {
    const failed = await failedRun();
    const { table } = engine.home.deps;
    const { dailyMaxUsdMicros } = await getTenant(engine.home.deps, engine.actor.tenant);
    const key = { pk: 'T#acme', sk: 'TENANT' };
    await table.write([{ kind: 'update', key, set: { dailyMaxUsdMicros: 0 } }]);
    const denied = await actOnExecution(engine.home.deps, engine.actor, { action: 'retry', id: failed.id, reason });
    expect(denied).toMatchObject({ kind: 'denied', decision: { verdict: 'deny' } });
    const [denial] = (await table.query({ pk: 'T#acme#AUDIT', limit: 1, reverse: true })).items;
    const details = { workflow: 'diamond@1.0.0', action: 'retry', originId: failed.id, originReason: reason };
    expect(denial?.['event']).toMatchObject({ type: 'mc.exec.deny', data: { actor: { sub: engine.actor.sub }, details } });
    await table.write([{ kind: 'update', key, set: { dailyMaxUsdMicros } }]);
    expect((await engine.finish((await act('retry', failed.id)).id)).state).toBe('succeeded');
  });
});

describe('a replay', () => {
  test('runs everything again on the same manifest and inputs, also when a newer version is published', async () => {
    const failed = await failedRun();
    await engine.publish(diamond.replace('1.0.0', '1.1.0').replace('-f', '-newer'));
    const replay = await engine.finish((await act('replay', failed.id)).id);
    expect(replay).toMatchObject({ state: 'succeeded', replayOf: failed.id, retryOf: null, outputs: { both: ['x', 'x-f'] } });
    expect(replay.workflow).toEqual(failed.workflow);
    expect(ranIn(replay.id)).toEqual(['left', 'fetch', 'join']);
    expect(await readRunReceipt(engine.home.deps, engine.actor, replay.id)).toMatchObject({ replayOf: failed.id });
    expect(await actionsAbout(failed.id)).toMatchObject([{ reason, details: { action: 'replay', executionId: replay.id } }]);
  });

  test('asked for by several people at once is one run; asked for again later it is another', async () => {
    isBroken = false;
    await engine.publish(diamond);
    const { id } = await engine.finish((await engine.start({ workflow: 'diamond', inputs: { word: 'x' } })).id);
    const asked = await Promise.allSettled(Array.from({ length: 6 }, () => act('replay', id)));
    const won = asked.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.id] : []));
    expect(won).toHaveLength(1);
    for (const answer of asked)
      if (answer.status === 'rejected')
        expect(answer.reason).toMatchObject({ code: 'mc:execution:action-conflict', message: expect.stringContaining(won[0] ?? 'none') });
    const again = await act('replay', id);
    expect(won).not.toContain(again.id);
    for (const run of [...won, again.id]) expect((await engine.finish(run)).state).toBe('succeeded');
  });
});

describe('an idempotency key', () => {
  test.each(['retry', 'replay'] as const)('makes a %s one run however often and however concurrently it is sent', async (action) => {
    const failed = await failedRun();
    const answers = await Promise.all(Array.from({ length: 8 }, () => act(action, failed.id, 'k')));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    const [first] = answers;
    await engine.finish(first?.id ?? '');
    expect((await act(action, failed.id, 'k')).id).toBe(first?.id);
    await expect(act('cancel', failed.id, 'k')).rejects.toMatchObject({ code: 'mc:idempotency:conflict' });
    expect(await actionsAbout(failed.id)).toHaveLength(1);
  });

  test('of a start is another than the same key of an action', async () => {
    const failed = await failedRun();
    const started = await engine.start({ workflow: 'diamond', inputs: { word: 'x' }, idempotencyKey: 'k' });
    const retry = await act('retry', failed.id, 'k');
    expect(retry.id).not.toBe(started.id);
    await Promise.all([started.id, retry.id].map((id) => engine.finish(id)));
  });
});

test('every action is measured, refused ones too', async () => {
  const failed = await failedRun();
  const { metrics } = engine.home;
  await engine.finish((await act('retry', failed.id)).id);
  await expect(act('retry', failed.id)).rejects.toThrow();
  await expect(act('cancel', failed.id)).rejects.toMatchObject({
    code: 'mc:execution:action-conflict',
    message: expect.stringContaining('failed'),
  });
  expect(metrics.samples(metricNames.actionLatencyMs)).toHaveLength(3);
});
