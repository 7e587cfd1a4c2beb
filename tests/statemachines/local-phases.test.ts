import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { McError } from '../../shared/core/errors.ts';
import { idSchema } from '../../shared/core/id.ts';
import { sweepExecutions } from '../../shared/execution/dispatch/sweep-executions.ts';
import type { PhaseInput } from '../../shared/port/phases.ts';
import type { Key, Table } from '../../shared/port/table.ts';
import { LocalPhases } from '../../statemachines/interpreter/local-phases.ts';
import { longestTask, readDefinition } from '../../statemachines/interpreter/read-definition.ts';
import { simulateEcho } from '../../runner/simulated/simulated-runner.ts';
import { failing, openEngine, type Engine } from '../support/open-engine.ts';

const runs = 300;
const manifest = `name: slow
version: 1.0.0
tasks: [{ id: only, uses: 'pkg:demo/echo@1.0.0' }]
`;

/** What a seal meets after it signed. */
let onSeal: () => Promise<void> | void;

/** What a start meets when it is durable and not handed over. */
let onAdmission: () => Promise<void> | void;

/** What the home wrote into its log. */
let logged: string[];

let engine: Engine;
beforeEach(async () => {
  onSeal = () => undefined;
  onAdmission = () => undefined;
  logged = [];
  engine = await openEngine({
    width: runs,
    log: (line) => void logged.push(line),
    faults: { hit: (point) => (point === 'seal:after-sign' ? onSeal() : point === 'admit:after-write' ? onAdmission() : undefined) },
  });
  await engine.publish(manifest);
}, 60_000);
afterEach(async () => engine.close());

async function untilNothingIsPending(): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (engine.home.pending() > 0) {
    if (Date.now() > deadline) throw new Error(`${engine.home.pending()} are still pending`);
    await delay(10);
  }
}

test('sweeps of runs whose tasks are under way leave none of them waiting', async () => {
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  engine.simulate((spec) => ({ result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 0 } }, until: held }));
  const started = await Promise.all(Array.from({ length: runs }, async () => engine.start({ workflow: 'slow' })));
  while (engine.attempts.length < runs) await delay(10);
  const { deps } = engine.home;
  const later = { ...deps, clock: { ...deps.clock, now: () => Date.now() + 65_000 } };
  await sweepExecutions(later);
  letGo();
  for (const { id } of started) expect(await engine.finish(id)).toMatchObject({ state: 'succeeded' });
}, 60_000);

test('supervision that is asked for when the run is over leaves nothing that waits', async () => {
  const { id } = await engine.start({ workflow: 'slow' });
  expect((await engine.finish(id)).state).toBe('succeeded');
  await untilNothingIsPending();
  await engine.home.deps.phases.start({ tenant: engine.actor.tenant, executionId: idSchema('exec').parse(id) });
  await untilNothingIsPending();
}, 60_000);

test('the start of a new run looks for no other end of it, and that of any other run does', async () => {
  const { deps } = engine.home;
  const reads: string[] = [];
  const get = deps.table.get.bind(deps.table);
  const phases = new LocalPhases(
    () => ({
      ...deps,
      table: Object.assign(Object.create(deps.table) as Table, { get: async (key: Key) => (reads.push(key.sk), get(key)) }),
    }),
    engine.home.gate,
    runs,
  );
  const inputOf = (): PhaseInput => ({ tenant: engine.actor.tenant, executionId: deps.ids.next('exec') });
  await phases.start(inputOf(), { isNew: true });
  expect([reads, phases.active]).toEqual([[], 1]);
  await phases.start(inputOf());
  expect([reads, phases.active]).toEqual([['EXEC'], 1]);
  await phases.close();
}, 60_000);

test('supervision that cannot be begun leaves nothing that waits', async () => {
  const { deps } = engine.home;
  const away = Object.assign(Object.create(deps.table) as Table, {
    get: () => Promise.reject(new McError('mc:store:unavailable', 'away')),
  });
  const phases = new LocalPhases(() => ({ ...deps, table: away }), engine.home.gate, runs);
  const input: PhaseInput = { tenant: engine.actor.tenant, executionId: deps.ids.next('exec') };
  await expect(phases.start(input)).rejects.toMatchObject({ code: 'mc:store:unavailable' });
  expect(phases.active).toBe(0);
  await phases.close();
}, 60_000);

test('a start that is handed over after a sweep has brought the run to its end leaves nothing that waits', async () => {
  const { clock, queue } = engine.home.deps;
  // Without a free slot the task waits for its message, which the sweep sends too.
  engine.home.deps.queue = { send: (messages, delayMs) => queue.send(messages, delayMs) };
  let isHandedOver = false;
  onAdmission = async () => {
    if (isHandedOver) return;
    isHandedOver = true;
    const { deps } = engine.home;
    deps.clock = { now: () => clock.now() + 65_000, elapsedMs: () => clock.elapsedMs(), sleep: (ms, signal) => clock.sleep(ms, signal) };
    await sweepExecutions(deps);
    await untilNothingIsPending();
  };
  const { id } = await engine.start({ workflow: 'slow' });
  expect(await engine.finish(id)).toMatchObject({ state: 'succeeded' });
  await untilNothingIsPending();
}, 60_000);

const toldOf = (id: string): string[] => logged.filter((line) => line.includes('trying again may not mend it') && line.includes(id));

test.each([1, 2])(
  'a seal that fails %i times is tried again, and the log tells it once',
  async (failures) => {
    let seals = 0;
    onSeal = () => {
      if (seals++ < failures) throw new Error('the seal is to be tried again');
    };
    const { id } = await engine.start({ workflow: 'slow' });
    expect(await engine.finish(id)).toMatchObject({ state: 'succeeded' });
    await untilNothingIsPending();
    expect(seals).toBe(failures + 1);
    expect(toldOf(id).map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { level: 'ERROR', executionId: id, phase: 'Seal', error: { message: 'the seal is to be tried again' } },
    ]);
  },
  60_000,
);

test('a seal that fails in a way that retries mend is not told', async () => {
  let seals = 0;
  onSeal = () => {
    if (seals++ === 0) throw new McError('mc:store:unavailable', 'the store is away for a moment');
  };
  const { id } = await engine.start({ workflow: 'slow' });
  expect(await engine.finish(id)).toMatchObject({ state: 'succeeded' });
  expect([seals, toldOf(id)]).toEqual([2, []]);
}, 60_000);

test('a home that is closed while a seal fails does not wait for its retries', async () => {
  let fail: (error: Error) => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    onSeal = () => {
      resolve();
      return new Promise((_, reject) => (fail = reject));
    };
  });
  await engine.start({ workflow: 'slow' });
  await begun;
  const closing = engine.close();
  await delay(100);
  fail(new Error('the seal fails'));
  await closing;
}, 10_000);

test('as many runs as there are can be undone at once, and each of them is undone once', async () => {
  await engine.publish(`name: undone
version: 1.0.0
tasks:
  - { id: book, uses: 'pkg:demo/echo@1.0.0', compensate: { uses: 'pkg:demo/echo@1.0.0' } }
  - { id: pay, uses: 'pkg:demo/echo@1.0.0', needs: [book] }
`);
  let undoing = 0;
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  engine.simulate((spec) => {
    if (spec.taskId === 'pay') return failing('the bank is down', false);
    if (!spec.idempotencyKey.endsWith('compensation')) return simulateEcho(spec);
    undoing += 1;
    return { ...simulateEcho(spec), until: held };
  });
  const started = await Promise.all(Array.from({ length: runs }, async () => engine.start({ workflow: 'undone' })));
  while (undoing < runs) await delay(10);
  letGo();
  for (const { id } of started) expect(await engine.finish(id)).toMatchObject({ state: 'failed' });
  expect(undoing).toBe(runs);
}, 60_000);

test.each(['run.asl.json', 'key-rotation.asl.json'])(
  'a task of %s may take as long as a timer, and is not begun again after a minute',
  (file) => {
    const limits = Object.values(readDefinition(file).States).flatMap((state) => (state.Type === 'Task' ? [state.TimeoutSeconds] : []));
    expect(limits.length).toBeGreaterThan(1);
    for (const limit of limits) expect(limit).toBeGreaterThanOrEqual(90_000);
    expect(longestTask * 1_000).toBeLessThan(2 ** 31);
  },
);
