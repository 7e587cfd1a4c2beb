/** Tasks of which nothing has become yet have no row: what is read of them is what their rows would say, and what changes them gives them one, once. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { simulateEcho } from '../../../runner/simulated/simulated-runner.ts';
import { commonTextKey } from '../../../shared/decision/common-text.ts';
import { claimTask } from '../../../shared/execution/dispatch/claim-task.ts';
import { dispatchTask } from '../../../shared/execution/dispatch/dispatch-task.ts';
import { reconcileRun } from '../../../shared/execution/dispatch/reconcile-run.ts';
import { executionPk, TaskRecord, type ExecutionRecord } from '../../../shared/execution/execution-record.ts';
import { findTask, getExecutionRecord, getTasks, listTasks, readTasks } from '../../../shared/execution/execution-store.ts';
import { outlineOf } from '../../../shared/execution/task-outline.ts';
import { newTasks } from '../../../shared/execution/admit/new-tasks.ts';
import { prepareRun } from '../../../shared/execution/admit/prepare-run.ts';
import { idSchema, type Id } from '../../../shared/core/id.ts';
import type { Item } from '../../../shared/port/table.ts';
import type { TaskMessage } from '../../../shared/port/task-queue.ts';
import { failing, openEngine, type Engine } from '../../support/open-engine.ts';

const diamond = `name: diamond
version: 1.0.0
tasks:
  - { id: top, uses: 'pkg:demo/echo@1.0.0' }
  - { id: left, uses: 'pkg:demo/echo@1.0.0', needs: [top] }
  - { id: right, uses: 'pkg:demo/echo@1.0.0', needs: [top] }
  - { id: end, uses: 'pkg:demo/echo@1.0.0', needs: [left, right] }
`;

let engine: Engine;
/** Lets tasks of this name end. */
let letGo: Record<string, () => void>;
beforeEach(async () => {
  engine = await openEngine();
  letGo = {};
  const until = Object.fromEntries(
    ['top', 'left', 'right', 'end'].map((name) => [name, new Promise<void>((resolve) => (letGo[name] = resolve))]),
  );
  engine.simulate((spec) => ({ ...simulateEcho(spec), until: until[spec.taskId] ?? Promise.resolve() }));
  await engine.publish(diamond);
}, 60_000);
afterEach(async () => {
  for (const open of Object.values(letGo)) open();
  await engine.close();
});

const start = async (): Promise<Id<'exec'>> => idSchema('exec').parse((await engine.start({ workflow: 'diamond' })).id);
const headOf = (id: Id<'exec'>): Promise<ExecutionRecord> => getExecutionRecord(engine.home.deps, engine.actor.tenant, id);

async function rowsOf(id: Id<'exec'>): Promise<Record<string, string>> {
  const query = { pk: executionPk(engine.actor.tenant, id), prefix: 'TASK#', limit: 10 };
  const { items } = await engine.home.deps.table.query(query);
  return statesOf(items.map((item) => TaskRecord.parse(item)));
}

const statesOf = (tasks: readonly TaskRecord[]): Record<string, string> => Object.fromEntries(tasks.map(({ id, state }) => [id, state]));

/** Every way to read the tasks says the same. */
async function statesNow(id: Id<'exec'>): Promise<Record<string, string>> {
  const { deps } = engine.home;
  const head = await headOf(id);
  const tasks = await listTasks(deps, head);
  expect(await readTasks(deps, head)).toEqual(tasks);
  for (const task of tasks) {
    expect(await getTasks(deps, head, [task.id])).toEqual([task]);
    expect((await findTask(deps, head.tenant, id, task.id))?.task).toEqual(task);
  }
  return statesOf(tasks);
}

async function until(id: Id<'exec'>, states: Record<string, string>): Promise<void> {
  for (let look = 0; look < 200; look += 1) {
    if (JSON.stringify(await statesNow(id)) === JSON.stringify(states)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(await statesNow(id)).toEqual(states);
}

/** Starts a run whose first task is not claimed by its admission, and keeps its messages. */
async function startUnclaimed(): Promise<{ id: Id<'exec'>; sent: TaskMessage[] }> {
  const { deps } = engine.home;
  const { queue } = deps;
  const sent: TaskMessage[] = [];
  deps.queue = { send: async (messages) => void sent.push(...messages) };
  const id = await start();
  deps.queue = queue;
  return { id, sent };
}

describe('the tasks of a run', () => {
  test('get rows when something has become of them, and are the same to every reader before and after', async () => {
    const id = await start();
    await until(id, { end: 'blocked', left: 'blocked', right: 'blocked', top: 'running' });
    expect(await rowsOf(id)).toEqual({});
    letGo['top']?.();
    await until(id, { end: 'blocked', left: 'running', right: 'running', top: 'succeeded' });
    expect(await rowsOf(id)).toEqual({ top: 'succeeded' });
    const [left, top] = await getTasks(engine.home.deps, await headOf(id), ['left', 'top']);
    expect(left).toMatchObject({ attempt: 1, waitingOn: 0, readyAt: top?.completedAt, attempts: [{ attempt: 1, endedAt: null }] });
    letGo['left']?.();
    await until(id, { end: 'blocked', left: 'succeeded', right: 'running', top: 'succeeded' });
    // Of two needs one is left, and somebody has to count.
    expect(await rowsOf(id)).toEqual({ end: 'blocked', left: 'succeeded', top: 'succeeded' });
    letGo['right']?.();
    await until(id, { end: 'running', left: 'succeeded', right: 'succeeded', top: 'succeeded' });
    letGo['end']?.();
    expect(await engine.finish(id)).toMatchObject({ state: 'succeeded' });
  });

  test('that nobody claims are ready, for one dispatcher', async () => {
    const { id, sent } = await startUnclaimed();
    expect(sent).toMatchObject([{ executionId: id, taskId: 'top' }]);
    expect(await statesNow(id)).toMatchObject({ top: 'ready' });
    const { deps } = engine.home;
    const [one, other] = [await findTask(deps, engine.actor.tenant, id, 'top'), await findTask(deps, engine.actor.tenant, id, 'top')];
    if (!one || !other) throw new Error('there is no such task');
    const claims = await Promise.all([one, other].map(({ head, task }) => claimTask(deps, head, task)));
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
    expect(await rowsOf(id)).toEqual({ top: 'running' });
  });

  test('that a completion without free slots releases are ready from then on', async () => {
    const { id, sent } = await startUnclaimed();
    const { deps } = engine.home;
    const next: TaskMessage[] = [];
    letGo['top']?.();
    for (const message of sent) await dispatchTask({ ...deps, queue: { send: async (messages) => void next.push(...messages) } }, message);
    expect(next.map(({ taskId }) => taskId)).toEqual(['left', 'right']);
    expect(await rowsOf(id)).toEqual({ top: 'succeeded' });
    expect(await statesNow(id)).toEqual({ end: 'blocked', left: 'ready', right: 'ready', top: 'succeeded' });
    for (const open of Object.values(letGo)) open();
    await deps.queue.send(next);
    expect(await engine.finish(id)).toMatchObject({ state: 'succeeded' });
  });

  test('whose dispatcher died begin again, and what it still says is not heard', async () => {
    const id = await start();
    await until(id, { end: 'blocked', left: 'blocked', right: 'blocked', top: 'running' });
    await reconcileRun(engine.home.deps, { tenant: engine.actor.tenant, executionId: id }, () => true);
    const [top] = await getTasks(engine.home.deps, await headOf(id), ['top']);
    expect(top?.attempts[0]).toMatchObject({ attempt: 1, failure: 'lost' });
    for (const open of Object.values(letGo)) open();
    const { tasks } = await engine.finish(id);
    expect(tasks.find((task) => task.id === 'top')?.attempts).toMatchObject([{ failure: 'lost' }, { failure: null }]);
  });

  test('of a run that failed before them stay without rows, and are skipped', async () => {
    engine.simulate((spec) => (spec.taskId === 'top' ? failing('it broke', false) : simulateEcho(spec)));
    const id = await start();
    const { state, tasks } = await engine.finish(id);
    expect([state, tasks.map((task) => task.state)]).toEqual(['failed', ['skipped', 'skipped', 'skipped', 'failed']]);
    expect(await rowsOf(id)).toEqual({ top: 'failed' });
  });
});

describe('an outline', () => {
  test('that is gone or was changed is damage, and no run without tasks', async () => {
    const id = await start();
    const head = await headOf(id);
    const { table } = engine.home.deps;
    const key = commonTextKey(head.tenant, head.outline ?? 'sha256:');
    const item = (await table.get(key)) as Item; // Written by the start.
    const changed = { ...item, text: '[]' };
    for (const text of [undefined, changed]) {
      // A table of its own has no memory of texts that were read.
      const other = { ...table, get: (k: typeof key) => table.get(k), query: table.query.bind(table) };
      const getMany = async (keys: readonly (typeof key)[]): ReturnType<typeof table.getMany> =>
        (await table.getMany(keys)).map((found, at) => (keys[at]?.pk === key.pk ? text : found));
      await expect(listTasks({ table: { ...other, getMany } }, head)).rejects.toMatchObject({ code: 'mc:store:damaged' });
    }
  });

  test('too large for an item is none: every task has its row from the beginning', async () => {
    const { plan } = await prepareRun(engine.home.deps, engine.actor, { workflow: 'diamond' });
    const [task] = plan.tasks;
    if (!task) throw new Error('the plan has no tasks');
    const many = { ...plan, tasks: Array.from({ length: 2_000 }, (_, at) => ({ ...task, id: `task-${at}` })) };
    expect(outlineOf(plan).common).toBeDefined();
    expect(outlineOf(many)).toMatchObject({ common: undefined, tasks: { size: 2_000 } });
    expect([plan, many].map((of) => newTasks({ plan: of, now: 1_000 }).itemsIn({ pk: 'run' }).length)).toEqual([0, 2_000]);
  });
});
