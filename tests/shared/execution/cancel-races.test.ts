/** A cancel against everything else that a run does: at every fault point, in the store's own race, and against other people. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { simulateEcho } from '../../../runner/simulated/simulated-runner.ts';
import { actOnExecution, type ExecutionAction } from '../../../shared/execution/actions/act-on-execution.ts';
import type { Execution } from '../../../shared/execution/execution.ts';
import { getExecution } from '../../../shared/execution/read/get-execution.ts';
import { McError } from '../../../shared/core/errors.ts';
import type { Key, Query, Table, WriteOp } from '../../../shared/port/table.ts';
import { faultPoints, type FaultPoint } from '../../../shared/port/faults.ts';
import { getTenant } from '../../../shared/tenant/tenant-store.ts';
import { readUsage } from '../../../shared/tenant/usage.ts';
import { failing, openEngine, type Engine } from '../../support/open-engine.ts';
import { readRunReceipt } from '../../support/read-run-receipt.ts';

const reason = 'stop it';
let engine: Engine;
afterEach(async () => engine.close());

const manifest = `name: raced
version: 1.0.0
tasks:
  - { id: made, uses: 'pkg:demo/echo@1.0.0', compensate: { uses: 'pkg:demo/echo@1.0.0', with: { undo: made } } }
  - { id: side, uses: 'pkg:demo/echo@1.0.0' }
  - { id: last, uses: 'pkg:demo/echo@1.0.0', needs: [made, side] }
`;

type Answer = { kind: 'done'; execution: Execution } | { kind: 'refused'; message: string };

async function act(action: ExecutionAction, id: string, why = reason): Promise<Answer> {
  try {
    const result = await actOnExecution(engine.home.deps, engine.actor, { action, id, reason: why });
    if (result.kind === 'denied') throw new Error('denied');
    return { kind: 'done', execution: result.execution };
  } catch (error) {
    if (error instanceof McError && error.code === 'mc:execution:action-conflict') return { kind: 'refused', message: error.message };
    throw error;
  }
}

async function newestRun(): Promise<string> {
  const { items } = await engine.home.deps.table.query({ index: 'gsi1', pk: 'T#acme#X', reverse: true, limit: 1 });
  return z.string().parse(items[0]?.['id']);
}

/** Whatever the race did: one receipt that says what the run says, each undoing once, nothing held, and as many audit events as cancels that were accepted first. */
async function expectConsistent(id: string, answers: readonly Answer[]): Promise<Execution> {
  const ended = await engine.finish(id);
  const { deps, actor } = { deps: engine.home.deps, actor: engine.actor };
  const isCancelled = answers.some(({ kind }) => kind === 'done');
  expect(ended.state === 'cancelled').toBe(isCancelled);
  for (const answer of answers) if (answer.kind === 'refused') expect(answer.message).toContain(`${id} is ${ended.state}`);
  expect(await readRunReceipt(deps, actor, id)).toMatchObject({ state: ended.state });
  const run = await deps.table.query({ pk: `T#acme#X#${id}`, limit: 100 });
  expect(run.items.filter(({ sk }) => sk === 'RECEIPT')).toHaveLength(1);
  const made = ended.tasks.find((task) => task.id === 'made');
  const mustBeUndone = ended.state !== 'succeeded' && made?.state === 'succeeded';
  expect(made?.compensation).toBe(mustBeUndone ? 'done' : ended.state === 'succeeded' ? 'pending' : 'none');
  expect(made?.compensationAttempts).toHaveLength(mustBeUndone ? 1 : 0);
  const audit = await deps.table.query({ pk: 'T#acme#AUDIT', limit: 100 });
  expect(audit.items.filter((item) => JSON.stringify(item['event']).includes('"action":"cancel"'))).toHaveLength(isCancelled ? 1 : 0);
  expect(await readUsage(deps, await getTenant(deps, actor.tenant))).toMatchObject({ inUse: 0, reservedUsdMicros: 0 });
  return ended;
}

/** Points of a run itself; a cancel has its own, and a publication comes before. */
const runPoints = faultPoints.filter((point) => /^(admit:after-write|dispatch|phase|compensate|seal|record)/.test(point));

describe.each(['succeeds', 'fails'] as const)('a cancel of a run that otherwise %s', (otherwise) => {
  test.each(runPoints.flatMap((point) => [1, 2, 3].map((hit): [FaultPoint, number] => [point, hit])))(
    'at %s, hit %i, lands or says that it came too late, and never does both',
    async (point, hit) => {
      const answers: Answer[] = [];
      let hits = 0;
      engine = await openEngine({
        faults: {
          hit: async (at) => {
            if (at === point && ++hits === hit) answers.push(await act('cancel', await newestRun()));
          },
        },
      });
      engine.simulate((spec) => (otherwise === 'fails' && spec.taskId === 'last' ? failing('no', false) : simulateEcho(spec)));
      await engine.publish(manifest);
      const { id } = await engine.start({ workflow: 'raced' });
      await expectConsistent(id, answers);
      // A point that is hit after the end of the run finds it sealed.
      while (engine.home.pending() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      if (hits < hit) expect(answers).toEqual([]);
    },
    30_000,
  );
});

test('a cancel between the signature and the write that files it wins: the run is undone and signed again as cancelled', async () => {
  const answers: Answer[] = [];
  engine = await openEngine({
    faults: {
      hit: async (at) => {
        if (at === 'seal:after-receipt-blob' && answers.length === 0) answers.push(await act('cancel', await newestRun()));
      },
    },
  });
  await engine.publish(manifest);
  const { id } = await engine.start({ workflow: 'raced' });
  const ended = await expectConsistent(id, answers);
  expect(ended).toMatchObject({ state: 'cancelled', outputs: null });
  expect(ended.tasks.map(({ id: task, compensation }) => [task, compensation])).toEqual([
    ['last', 'none'],
    ['made', 'done'],
    ['side', 'none'],
  ]);
});

test('a cancel that comes after the seal is refused with the state', async () => {
  engine = await openEngine();
  await engine.publish(manifest);
  const { id } = await engine.finish((await engine.start({ workflow: 'raced' })).id);
  const answer = await act('cancel', id);
  expect(answer).toMatchObject({ kind: 'refused', message: expect.stringContaining('succeeded') });
  await expectConsistent(id, [answer]);
});

test('a cancel that is overtaken by the seal between its look and its write changes nothing', async () => {
  engine = await openEngine();
  await engine.publish(manifest);
  engine.simulate((spec) => ({ ...simulateEcho(spec), delayMs: 50 }));
  const { id } = await engine.start({ workflow: 'raced' });
  const { deps } = engine.home;
  const slow: Table = Object.create(deps.table, {
    get: { value: (key: Key) => deps.table.get(key) },
    getMany: { value: (keys: readonly Key[]) => deps.table.getMany(keys) },
    query: { value: (query: Query) => deps.table.query(query) },
    write: {
      value: async (ops: readonly WriteOp[]) => {
        await engine.finish(id);
        return deps.table.write(ops);
      },
    },
  }) as Table; // The table as a slow process sees it.
  const late = actOnExecution({ ...deps, table: slow }, engine.actor, { action: 'cancel', id, reason });
  await expect(late).rejects.toMatchObject({
    code: 'mc:execution:action-conflict',
    message: `${id} is succeeded; only a run that is not over can be cancelled`,
  });
  expect(await expectConsistent(id, [])).toMatchObject({ cancellation: null });
});

test('of ten cancels at once and one later each is answered, one is recorded, and its reason stands', async () => {
  engine = await openEngine();
  engine.simulate((spec) => ({ ...simulateEcho(spec), delayMs: 60_000 }));
  await engine.publish(manifest);
  const { id } = await engine.start({ workflow: 'raced' });
  const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => act('cancel', id, `${reason} ${index}`)));
  expect(answers.every(({ kind }) => kind === 'done')).toBe(true);
  const ended = await expectConsistent(id, answers);
  const later = await act('cancel', id, 'once more');
  expect(later).toMatchObject({ kind: 'done', execution: { state: 'cancelled', cancellation: ended.cancellation } });
  const reasons = answers.flatMap((answer) => (answer.kind === 'done' ? [answer.execution.cancellation?.reason] : []));
  expect(new Set(reasons)).toEqual(new Set([ended.cancellation?.reason]));
});

test('a retry that races the cancel of the same run waits for its end: it is refused, and works afterwards', async () => {
  engine = await openEngine();
  engine.simulate((spec) => (spec.taskId === 'last' ? { ...simulateEcho(spec), delayMs: 60_000 } : simulateEcho(spec)));
  await engine.publish(manifest);
  const { id } = await engine.start({ workflow: 'raced' });
  while (!engine.attempts.some(({ taskId }) => taskId === 'last')) await new Promise((resolve) => setTimeout(resolve, 5));
  const [cancelled, retried] = await Promise.all([act('cancel', id), act('retry', id)]);
  expect(cancelled.kind).toBe('done');
  expect(retried).toMatchObject({ kind: 'refused', message: expect.stringContaining('needs a run that is over') });
  await expectConsistent(id, [cancelled]);
  engine.simulate(simulateEcho);
  const later = await act('retry', id);
  expect(later.kind).toBe('done');
  if (later.kind === 'done') expect((await engine.finish(later.execution.id)).state).toBe('succeeded');
});

test('a cancel of the retry leaves the run that it retries as it is', async () => {
  engine = await openEngine();
  engine.simulate((spec) => (spec.taskId === 'last' ? failing('no', false) : simulateEcho(spec)));
  await engine.publish(manifest);
  const failed = await engine.finish((await engine.start({ workflow: 'raced' })).id);
  engine.simulate((spec) => ({ ...simulateEcho(spec), delayMs: 60_000 }));
  const retry = await act('retry', failed.id);
  const id = retry.kind === 'done' ? retry.execution.id : '';
  const cancelled = await act('cancel', id);
  await expectConsistent(id, [cancelled]);
  expect(await getExecution(engine.home.deps, engine.actor, failed.id)).toEqual({ ...failed, retriedBy: id });
});
