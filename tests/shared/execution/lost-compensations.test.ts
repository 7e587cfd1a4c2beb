import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { simulateEcho } from '../../../runner/simulated/simulated-runner.ts';
import { McError } from '../../../shared/core/errors.ts';
import { reconcileRun } from '../../../shared/execution/dispatch/reconcile-run.ts';
import type { TaskView } from '../../../shared/execution/execution.ts';
import type { TaskRecord } from '../../../shared/execution/execution-record.ts';
import { compensateRun } from '../../../shared/execution/phases/compensate-run.ts';
import { sealRun } from '../../../shared/execution/phases/seal-run.ts';
import { getExecution } from '../../../shared/execution/read/get-execution.ts';
import type { WriteOp } from '../../../shared/port/table.ts';
import { failing, openEngine, type Engine } from '../../support/open-engine.ts';
import { wrapTable } from '../../support/table/wrap-table.ts';

const manifest = `name: undone
version: 1.0.0
tasks:
  - { id: made, uses: 'pkg:demo/echo@1.0.0', compensate: { uses: 'pkg:demo/echo@1.0.0' } }
  - { id: bad, uses: 'pkg:demo/fail@1.0.0', needs: [made] }
`;

let engine: Engine;
beforeEach(async () => {
  engine = await openEngine();
}, 60_000);
afterEach(async () => engine.close());

describe('a compensation whose dispatchers keep dying', () => {
  test('is given up after six lost attempts, so the run ends; a result that comes later changes nothing', async () => {
    await engine.publish(manifest);
    const { deps } = engine.home;
    deps.phases = { start: async () => undefined, finishRun: async () => undefined };
    const late: (() => void)[] = [];
    engine.simulate((spec) => {
      if (spec.taskId === 'bad') return failing('no', false);
      if (!spec.idempotencyKey.endsWith('/compensation')) return simulateEcho(spec);
      return { ...simulateEcho(spec), until: new Promise((resolve) => late.push(resolve)) };
    });
    const { id } = await engine.start({ workflow: 'undone' });
    const input = { tenant: engine.actor.tenant, executionId: id };
    const view = async (): Promise<TaskView[]> => (await getExecution(deps, engine.actor, id)).tasks;
    const made = async (): Promise<TaskView | undefined> => (await view()).find((task) => task.id === 'made');
    while ((await view()).some(({ state }) => state !== 'succeeded' && state !== 'failed')) await delay(10);

    const dispatchers: Promise<unknown>[] = [];
    for (let attempt = 1; attempt <= 6; attempt += 1) {
      dispatchers.push(compensateRun(deps, input));
      while (late.length < attempt) await delay(5);
      await reconcileRun(deps, input, () => true);
    }
    expect(await made()).toMatchObject({ compensation: 'pending', compensationAttempts: { length: 6 } });
    await compensateRun(deps, input);
    expect(await made()).toMatchObject({ compensation: 'failed', compensationAttempts: { length: 6 } });
    await sealRun(deps, input);
    const sealed = await getExecution(deps, engine.actor, id);
    expect(sealed).toMatchObject({ state: 'failed', receiptId: expect.stringMatching(/^rcpt_/) });

    for (const bring of late) bring();
    await Promise.all(dispatchers);
    expect(await getExecution(deps, engine.actor, id)).toEqual(sealed);
  });
});

test('a compensation that meets a bug of the home is tried again at once, and not when its lease ends', async () => {
  await engine.publish(manifest);
  const { deps } = engine.home;
  const { runner } = deps;
  engine.simulate((spec) => (spec.taskId === 'bad' ? failing('no', false) : simulateEcho(spec)));
  let bugs = 1;
  deps.runner = {
    level: () => runner.level(),
    provision: (spec) => {
      if (spec.idempotencyKey.endsWith('/compensation') && bugs-- > 0) throw new TypeError('a bug of the runner');
      return runner.provision(spec);
    },
  };
  const execution = await engine.finish((await engine.start({ workflow: 'undone' })).id);
  const made = execution.tasks.find(({ id }) => id === 'made');
  expect([made?.compensation, made?.compensationAttempts.map(({ failure }) => failure)]).toEqual(['done', ['lost', null]]);
});

test('whoever waits for somebody else to undo a task stops when the home closes', async () => {
  await engine.publish(manifest);
  const { deps } = engine.home;
  deps.phases = { start: async () => undefined, finishRun: async () => undefined };
  const held: (() => void)[] = [];
  engine.simulate((spec) => {
    if (spec.taskId === 'bad') return failing('no', false);
    if (!spec.idempotencyKey.endsWith('/compensation')) return simulateEcho(spec);
    return { ...simulateEcho(spec), until: new Promise((resolve) => held.push(resolve)) };
  });
  const { id } = await engine.start({ workflow: 'undone' });
  const input = { tenant: engine.actor.tenant, executionId: id };
  while ((await getExecution(deps, engine.actor, id)).tasks.some(({ state }) => state !== 'succeeded' && state !== 'failed'))
    await delay(10);
  const first = compensateRun(deps, input);
  while (held.length === 0) await delay(5);
  const closing = new AbortController();
  const second = compensateRun({ ...deps, queue: { send: async () => undefined, closing: closing.signal } }, input);
  setTimeout(() => closing.abort(), 100);
  await expect(second).rejects.toMatchObject({ name: 'AbortError' });
  for (const end of held) end();
  await first;
});

describe('the end of an attempt to undo that failed and is tried again', () => {
  const made = async (id: string): Promise<TaskView | undefined> =>
    (await getExecution(engine.home.deps, engine.actor, id)).tasks.find((task) => task.id === 'made');
  const undoes = (op: WriteOp, change: Partial<TaskRecord>): boolean =>
    op.kind === 'update' && Object.entries(change).every(([name, value]) => op.set?.[name] === value);

  test('is counted once, also when the answer of the store was lost', async () => {
    await engine.publish(manifest);
    const { deps } = engine.home;
    const costOf = async (): Promise<number | null> => {
      let undone = 0;
      engine.simulate((spec) => {
        if (spec.taskId === 'bad') return failing('no', false);
        if (!spec.idempotencyKey.endsWith('/compensation') || ++undone > 1) return simulateEcho(spec);
        return { result: { kind: 'failed', failure: 'error', message: 'not yet', retryable: true, usage: { wallMs: 60_000 } } };
      });
      const { id, actualCostUsdMicros } = await engine.finish((await engine.start({ workflow: 'undone' })).id);
      expect((await made(id))?.compensationAttempts.map(({ failure }) => failure)).toEqual(['error', null]);
      return actualCostUsdMicros;
    };
    const cost = await costOf();
    expect(cost).toBeGreaterThan(0);
    const { table } = deps;
    let losses = 1;
    deps.table = wrapTable(table, {
      write: async (ops, hint) => {
        const answer = await table.write(ops, hint);
        if (ops.some((op) => undoes(op, { compensation: 'pending', leaseUntil: 0 })) && losses-- > 0)
          throw new McError('mc:store:unavailable', 'no answer');
        return answer;
      },
    });
    expect(await costOf()).toBe(cost);
    expect(losses).toBeLessThan(1);
  });

  test('stays in the record of the run when it comes between the look of the next one and its claim', async () => {
    await engine.publish(manifest);
    const { deps } = engine.home;
    deps.phases = { start: async () => undefined, finishRun: async () => undefined };
    let bring = (): void => undefined;
    const late = new Promise<void>((resolve) => (bring = resolve));
    let undone = 0;
    engine.simulate((spec) => {
      if (spec.taskId === 'bad') return failing('no', false);
      if (!spec.idempotencyKey.endsWith('/compensation') || ++undone > 1) return simulateEcho(spec);
      return { ...failing('too late', true), until: late };
    });
    const { id } = await engine.start({ workflow: 'undone' });
    const input = { tenant: engine.actor.tenant, executionId: id };
    while ((await getExecution(deps, engine.actor, id)).tasks.some(({ state }) => state !== 'succeeded' && state !== 'failed'))
      await delay(10);
    const first = compensateRun(deps, input);
    while (undone === 0) await delay(5);
    await reconcileRun(deps, input, () => true);
    const table = wrapTable(deps.table, {
      write: async (ops, hint) => {
        if (ops.some((op) => undoes(op, { compensationAttempt: 2 }))) {
          bring();
          while ((await made(id))?.compensationAttempts[0]?.endedAt === null) await delay(5);
        }
        return deps.table.write(ops, hint);
      },
    });
    await compensateRun({ ...deps, table }, input);
    await first;
    expect((await made(id))?.compensationAttempts.map(({ failure }) => failure)).toEqual(['error', null]);
  });
});
