/** A cancel lands whatever the run is doing, once, with one receipt, and gives back what the run held. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { simulateEcho } from '../../../runner/simulated/simulated-runner.ts';
import { actOnExecution } from '../../../shared/execution/actions/act-on-execution.ts';
import { cancelExecution } from '../../../shared/execution/actions/cancel-execution.ts';
import type { StartResult } from '../../../shared/execution/admit/admit-run.ts';
import { sweepExecutions } from '../../../shared/execution/dispatch/sweep-executions.ts';
import { headKey } from '../../../shared/execution/execution-record.ts';
import type { Execution } from '../../../shared/execution/execution.ts';
import { getExecution } from '../../../shared/execution/read/get-execution.ts';
import { listExecutions } from '../../../shared/execution/read/list-executions.ts';
import { getReceipt } from '../../../shared/execution/read/get-receipt.ts';
import { idSchema } from '../../../shared/core/id.ts';
import type { FaultPoint } from '../../../shared/port/faults.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import { getTenant } from '../../../shared/tenant/tenant-store.ts';
import { readUsage } from '../../../shared/tenant/usage.ts';
import { failing, openEngine, type Engine } from '../../support/open-engine.ts';
import { readRunReceipt } from '../../support/read-run-receipt.ts';

const ExecutionId = idSchema('exec');
const reason = 'the wrong lockfile';

/** What a test does at a fault point; set after the start of the engine. */
let atFault: Partial<Record<FaultPoint, () => Promise<void>>> = {};
let engine: Engine;
beforeEach(async () => {
  atFault = {};
  engine = await openEngine({ faults: { hit: (point) => atFault[point]?.() } });
}, 60_000);
afterEach(async () => engine.close());

const cancel = (id: string, why = reason): Promise<Execution> =>
  cancelExecution(engine.home.deps, engine.actor, { id: ExecutionId.parse(id), reason: why, claim: undefined });
const read = (id: string): Promise<Execution> => getExecution(engine.home.deps, engine.actor, id);

async function until(id: string, holds: (execution: Execution) => boolean): Promise<void> {
  while (!holds(await read(id))) await delay(5);
}

const single = (name: string, more = ''): string =>
  `name: ${name}\nversion: 1.0.0\ntasks: [{ id: only, uses: 'pkg:demo/echo@1.0.0'${more} }]\n`;

const undoable = `name: undoable
version: 1.0.0
tasks:
  - { id: made, uses: 'pkg:demo/echo@1.0.0', compensate: { uses: 'pkg:demo/echo@1.0.0', with: { undo: made } } }
  - { id: next, uses: 'pkg:demo/echo@1.0.0', needs: [made] }
`;

const Receipt = z.object({
  mc_receipt: z.object({ state: z.string(), cancellation: z.object({ by: z.string(), reason: z.string(), at: z.string() }) }),
});

/** One receipt that says who cancelled and why, one audit event, no slot and no reserved money left. */
async function expectSealedAsCancelled(id: string): Promise<void> {
  const { deps } = engine.home;
  const { table } = deps;
  const { pem } = await deps.signer.publicKey();
  const { statement } = verifyBundle((await getReceipt(deps, engine.actor, id)).bundle, { pem });
  expect(Receipt.parse(statement.predicate).mc_receipt).toMatchObject({
    state: 'cancelled',
    cancellation: { by: 'admin@example.com', reason },
  });
  const run = await table.query({ pk: `T#acme#X#${id}`, limit: 100 });
  expect(run.items.filter(({ sk }) => sk === 'RECEIPT')).toHaveLength(1);
  const audit = await table.query({ pk: 'T#acme#AUDIT', limit: 100 });
  const actions = audit.items.map((item) => item['event']).filter((event) => JSON.stringify(event).includes('mc.exec.action'));
  expect(actions).toEqual([
    expect.objectContaining({
      type: 'mc.exec.action',
      subject: id,
      data: expect.objectContaining({
        reason,
        details: { action: 'cancel' },
        actor: expect.objectContaining({ sub: 'admin@example.com' }),
      }),
    }),
  ]);
  expect(await readUsage(deps, await getTenant(deps, engine.actor.tenant))).toMatchObject({ inUse: 0, reservedUsdMicros: 0 });
}

describe('a cancelled run', () => {
  test('whose task runs in this process stops that attempt without waiting for a look, starts nothing new, and is sealed', async () => {
    const { deps } = engine.home;
    const { clock } = deps;
    const never = new Promise<void>(() => undefined);
    // Nobody looks: only the cancel itself can reach the attempt.
    deps.clock = { ...clock, sleep: (ms, signal) => (ms === 2_000 ? never : clock.sleep(ms, signal)) };
    await engine.publish(undoable.replace(", compensate: { uses: 'pkg:demo/echo@1.0.0', with: { undo: made } }", ''));
    engine.simulate((spec) => ({ ...simulateEcho(spec), delayMs: 60_000 }));
    const { id } = await engine.start({ workflow: 'undoable' });
    await until(id, ({ tasks }) => tasks[0]?.state === 'running' && engine.attempts.length === 1);
    const answered = await cancel(id);
    expect(answered).toMatchObject({ cancellation: { by: 'admin@example.com', reason } });
    expect(await engine.finish(id)).toMatchObject({
      state: 'cancelled',
      error: null,
      outputs: null,
      tasks: [
        { id: 'made', state: 'cancelled', attempts: [{ failure: 'cancelled' }] },
        { id: 'next', state: 'skipped', attempts: [] },
      ],
    });
    await expectSealedAsCancelled(id);
  });

  test('that waits in the queue never starts', async () => {
    const { deps } = engine.home;
    const { queue } = deps;
    deps.queue = { send: async () => undefined }; // No slot is free, and the message is late.
    await engine.publish(single('waiting'));
    const { id } = await engine.start({ workflow: 'waiting' });
    expect(await read(id)).toMatchObject({ state: 'queued' });
    await cancel(id);
    deps.queue = queue;
    await queue.send([{ tenant: engine.actor.tenant, executionId: ExecutionId.parse(id), taskId: 'only' }]);
    expect(await engine.finish(id)).toMatchObject({ state: 'cancelled', startedAt: null, tasks: [{ state: 'skipped', attempts: [] }] });
    expect(engine.attempts).toEqual([]);
    await expectSealedAsCancelled(id);
  });

  test('that waits between two attempts does not wait for the next', async () => {
    await engine.publish(single('patient', ', retries: 10'));
    engine.simulate(() => failing('not yet', true));
    const { id } = await engine.start({ workflow: 'patient' });
    await until(id, ({ tasks }) => (tasks[0]?.attempts.length ?? 0) >= 1 && tasks[0]?.state === 'ready');
    const before = engine.attempts.length;
    await cancel(id);
    expect(await engine.finish(id)).toMatchObject({
      state: 'cancelled',
      tasks: [{ state: 'cancelled', attempts: [{ failure: 'error' }] }],
    });
    expect(engine.attempts).toHaveLength(before);
    const { steps } = await readRunReceipt(engine.home.deps, engine.actor, id);
    expect(steps.entries).toMatchObject([{ task: 'only', state: 'cancelled', attempts: [{ failure: 'error' }] }]);
    await expectSealedAsCancelled(id);
  });

  test('that is cancelled already keeps the key of the request, and writes nothing else', async () => {
    const { deps } = engine.home;
    await engine.publish(undoable);
    engine.simulate((spec) => ({ ...simulateEcho(spec), delayMs: 60_000 }));
    const [first, other] = [await engine.start({ workflow: 'undoable' }), await engine.start({ workflow: 'undoable' })];
    const byKey = (id: string, idempotencyKey: string, why = reason): Promise<StartResult> =>
      actOnExecution(deps, engine.actor, { action: 'cancel', id, reason: why, idempotencyKey });
    await byKey(first.id, 'one');
    await byKey(first.id, 'two', 'me too');
    for (let round = 0; round < 2; round += 1)
      expect(await byKey(first.id, 'two', 'me too')).toMatchObject({ replayed: true, execution: { cancellation: { reason } } });
    await expect(byKey(other.id, 'two')).rejects.toMatchObject({ code: 'mc:idempotency:conflict' });
    expect(await read(other.id)).toMatchObject({ cancellation: null });
    const ended = await engine.finish(first.id);
    expect(await byKey(first.id, 'three')).toMatchObject({ execution: { state: 'cancelled', endedAt: ended.endedAt } });
    await expect(byKey(other.id, 'three')).rejects.toMatchObject({ code: 'mc:idempotency:conflict' });
    const audit = await deps.table.query({ pk: 'T#acme#AUDIT', limit: 100 });
    expect(audit.items.filter((item) => JSON.stringify(item['event']).includes('mc.exec.action'))).toHaveLength(1);
    await byKey(other.id, 'four');
    await engine.finish(other.id);
  });

  test('of twins under one key, for two runs that are cancelled, one is told of the conflict', async () => {
    const { deps } = engine.home;
    await engine.publish(single('first'));
    engine.simulate((spec) => ({ ...simulateEcho(spec), delayMs: 60_000 }));
    const ids = [(await engine.start({ workflow: 'first' })).id, (await engine.start({ workflow: 'first' })).id];
    for (const id of ids) await cancel(id);
    const twins = await Promise.allSettled(
      ids.map((id) => actOnExecution(deps, engine.actor, { action: 'cancel', id, reason, idempotencyKey: 'twin' })),
    );
    expect(twins.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(twins.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'mc:idempotency:conflict' } });
    for (const id of ids) await engine.finish(id);
  });

  test('undoes what succeeded before it is sealed', async () => {
    await engine.publish(undoable);
    engine.simulate((spec) => ({ ...simulateEcho(spec), ...(spec.taskId === 'next' && { delayMs: 60_000 }) }));
    const { id } = await engine.start({ workflow: 'undoable' });
    await until(id, ({ tasks }) => tasks[1]?.state === 'running');
    await cancel(id);
    expect(await engine.finish(id)).toMatchObject({
      state: 'cancelled',
      tasks: [
        { id: 'made', state: 'succeeded', compensation: 'done' },
        { id: 'next', compensation: 'none' },
      ],
    });
    expect(engine.attempts.filter(({ idempotencyKey }) => idempotencyKey.endsWith('/compensation'))).toHaveLength(1);
    await expectSealedAsCancelled(id);
  });

  test('in compensation goes on undoing to its end, each once, and keeps the error of the task that failed', async () => {
    await engine.publish(undoable);
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    engine.simulate((spec) => {
      if (spec.taskId === 'next') return failing('it broke', false);
      return { ...simulateEcho(spec), ...('undo' in spec.inputs && { until: held }) };
    });
    const { id } = await engine.start({ workflow: 'undoable' });
    await until(id, ({ tasks }) => tasks[0]?.compensation === 'running');
    await cancel(id);
    expect(await read(id)).toMatchObject({ state: 'compensating', cancellation: { reason } });
    letGo();
    expect(await engine.finish(id)).toMatchObject({
      state: 'cancelled',
      error: { taskId: 'next', message: 'it broke' },
      tasks: [{ compensation: 'done', compensationAttempts: [{ failure: null }] }, { state: 'failed' }],
    });
    await expectSealedAsCancelled(id);
  });

  test('before its attempt is watched stops the attempt all the same, and a second cancel tells whom the first did not', async () => {
    await engine.publish(single('early'));
    engine.simulate((spec) => ({ ...simulateEcho(spec), delayMs: 60_000 }));
    atFault = {
      // Nobody is told: the one who cancels dies after the write, and the attempt has not begun to listen.
      'cancel:after-write': () => Promise.reject(new Error('killed')),
      'dispatch:after-claim': async () => {
        atFault = { ...atFault, 'dispatch:after-claim': () => Promise.resolve() };
        const [first] = (await listExecutions(engine.home.deps, engine.actor, { limit: 1 })).items;
        await cancel(first?.id ?? '').catch(() => undefined);
      },
    };
    const { id } = await engine.start({ workflow: 'early' });
    expect(await engine.finish(id)).toMatchObject({ state: 'cancelled' });
    await expectSealedAsCancelled(id);
    const before = engine.attempts.length;
    const { id: later } = await engine.start({ workflow: 'early' });
    await until(later, ({ tasks }) => tasks[0]?.state === 'running' && engine.attempts.length === before + 1);
    await expect(cancel(later)).rejects.toThrow('killed');
    expect(await read(later)).toMatchObject({ tasks: [{ state: 'running' }] });
    await cancel(later);
    expect(await engine.finish(later)).toMatchObject({ state: 'cancelled' });
  });

  test('whose attempt another process runs is noticed there within seconds', async () => {
    const { deps } = engine.home;
    const { queue } = deps;
    deps.queue = { send: (messages, delayMs) => queue.send(messages, delayMs) }; // Of several processes none has slots for the admissions of another.
    await engine.publish(single('remote'));
    engine.simulate((spec) => ({ ...simulateEcho(spec), delayMs: 60_000 }));
    const { id } = await engine.start({ workflow: 'remote' });
    await until(id, ({ tasks }) => tasks[0]?.state === 'running' && engine.attempts.length === 1);
    const elsewhere = { ...deps, runner: { ...deps.runner } }; // A process of its own has a runner of its own.
    const before = Date.now();
    await cancelExecution(elsewhere, engine.actor, { id: ExecutionId.parse(id), reason, claim: undefined });
    expect(await read(id)).toMatchObject({ tasks: [{ state: 'running' }] });
    expect(await engine.finish(id)).toMatchObject({ state: 'cancelled', tasks: [{ state: 'cancelled' }] });
    expect(Date.now() - before).toBeLessThan(6_000);
    await expectSealedAsCancelled(id);
  });

  test('is woken by the sweep when the process that cancelled it died before it told anybody', async () => {
    const { deps } = engine.home;
    deps.queue = { send: async () => undefined };
    await engine.publish(single('forgotten'));
    const { id } = await engine.start({ workflow: 'forgotten' });
    atFault = { 'cancel:after-write': () => Promise.reject(new Error('killed')) };
    await expect(cancel(id)).rejects.toThrow('killed');
    await delay(50);
    expect(await read(id)).toMatchObject({ state: 'queued', cancellation: { reason } });
    await deps.table.write([{ kind: 'update', key: headKey(engine.actor.tenant, ExecutionId.parse(id)), add: { createdAt: -120_000 } }]);
    await sweepExecutions(deps);
    expect(await engine.finish(id)).toMatchObject({ state: 'cancelled' });
    await expectSealedAsCancelled(id);
  });

  test('whose dispatcher died is sealed when the lease of the attempt has run out', async () => {
    await engine.publish(single('orphan'));
    const { deps } = engine.home;
    let revive = (): void => undefined;
    const dead = new Promise<void>((resolve) => (revive = resolve));
    const provision = deps.runner.provision.bind(deps.runner);
    deps.runner.provision = async (spec) => {
      await dead; // As if this dispatcher were dead.
      return provision(spec);
    };
    const id = ExecutionId.parse((await engine.start({ workflow: 'orphan' })).id);
    await cancel(id);
    const { tenant } = engine.actor;
    // The attempt began with the run, so its lease has run out too.
    await deps.table.write([{ kind: 'update', key: headKey(tenant, id), add: { createdAt: -3_600_000 } }]);
    await sweepExecutions(deps);
    expect(await engine.finish(id)).toMatchObject({ state: 'cancelled', tasks: [{ attempts: [{ failure: 'lost' }] }] });
    revive();
    await expectSealedAsCancelled(id);
  });
});
