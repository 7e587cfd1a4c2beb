/** Who holds an attempt, and for how long: nobody else begins it before its own time limit and a minute are over. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { simulateEcho } from '../../../runner/simulated/simulated-runner.ts';
import type { Id } from '../../../shared/core/id.ts';
import type { TaskRecord } from '../../../shared/execution/execution-record.ts';
import { findTask } from '../../../shared/execution/execution-store.ts';
import { compensateRun } from '../../../shared/execution/phases/compensate-run.ts';
import { failing, openEngine, type Engine } from '../../support/open-engine.ts';

const minute = 60_000;

let engine: Engine;
/** What the clock of the home shows; it stands still unless a test moves it. */
let now: number;
let slept: number;
beforeEach(async () => {
  engine = await openEngine();
  const { deps } = engine.home;
  now = deps.clock.now();
  slept = 0;
  const sleep = async (): Promise<void> => {
    slept += 1;
    await delay(1);
  };
  deps.clock = { ...deps.clock, now: () => now, sleep };
  deps.phases = { start: async () => undefined, finishRun: async () => undefined };
  await engine.publish(`name: undone
version: 1.0.0
tasks:
  - { id: made, uses: 'pkg:demo/echo@1.0.0', timeout: 7s, compensate: { uses: 'pkg:demo/echo@1.0.0' } }
  - { id: bad, uses: 'pkg:demo/fail@1.0.0', needs: [made] }
`);
}, 60_000);
afterEach(async () => engine.close());

/** Until the last task has ended. */
async function untilDone(id: Id<'exec'>): Promise<void> {
  const { deps } = engine.home;
  while (((await findTask(deps, engine.actor.tenant, id, 'bad'))?.task.completedAt ?? null) === null) await delay(5);
}

async function made(id: Id<'exec'>): Promise<TaskRecord | undefined> {
  return (await findTask(engine.home.deps, engine.actor.tenant, id, 'made'))?.task;
}

test('an attempt of a task is held for its time limit and a minute', async () => {
  let end = (): void => undefined;
  const until = new Promise<void>((resolve) => (end = resolve));
  engine.simulate((spec) => ({ ...simulateEcho(spec), until }));
  const { id } = await engine.start({ workflow: 'undone' });
  while (engine.attempts.length === 0) await delay(5);
  expect(await made(id)).toMatchObject({ state: 'running', leaseUntil: now + 7_000 + minute });
  end();
  await untilDone(id);
});

test('a compensation is held for the time limit of its task and a minute; whoever else undoes the run waits, and takes it then', async () => {
  const { deps } = engine.home;
  const ends: (() => void)[] = [];
  engine.simulate((spec) => {
    if (spec.taskId === 'bad') return failing('no', false);
    if (!spec.idempotencyKey.endsWith('/compensation')) return simulateEcho(spec);
    return { ...simulateEcho(spec), until: new Promise((resolve) => ends.push(resolve)) };
  });
  const { id } = await engine.start({ workflow: 'undone' });
  const input = { tenant: engine.actor.tenant, executionId: id };
  await untilDone(id);

  const first = compensateRun(deps, input);
  while (ends.length === 0) await delay(5);
  const leaseUntil = now + 7_000 + minute;
  expect(await made(id)).toMatchObject({ compensation: 'running', leaseUntil });

  const second = compensateRun(deps, input);
  for (const ms of [now, leaseUntil - 1]) {
    now = ms;
    const before = slept;
    while (slept < before + 3 && ends.length === 1) await delay(5);
    expect(ends).toHaveLength(1);
  }
  now = leaseUntil;
  while (ends.length === 1) await delay(5);
  for (const end of ends) end();
  await Promise.all([first, second]);
  expect(await made(id)).toMatchObject({ compensation: 'done', compensationAttempt: 2 });
});
