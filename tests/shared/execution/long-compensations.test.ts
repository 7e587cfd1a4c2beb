/** Compensations in calls that are ended from outside, as Lambda ends them; the time is virtual, so that minutes take none. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { simulateEcho, type Simulate } from '../../../runner/simulated/simulated-runner.ts';
import { McError } from '../../../shared/core/errors.ts';
import type { TaskView } from '../../../shared/execution/execution.ts';
import { compensateRun, type CompensationRound } from '../../../shared/execution/phases/compensate-run.ts';
import { sealRun } from '../../../shared/execution/phases/seal-run.ts';
import { getExecution } from '../../../shared/execution/read/get-execution.ts';
import { callMaxMs, type PhaseInput } from '../../../shared/port/phases.ts';
import type { TaskQueue } from '../../../shared/port/task-queue.ts';
import { failing, openEngine, type Engine } from '../../support/open-engine.ts';

const minuteMs = 60_000;

let engine: Engine;
/** The virtual time, and when whoever works now is ended. */
let now: number;
let end: number;
let kill: () => void;
beforeEach(async () => {
  engine = await openEngine();
  now = Date.now();
  end = Infinity;
}, 60_000);
afterEach(async () => engine.close());

/** Lets time pass for whoever works; who is ended meanwhile never comes back. */
function pass(ms: number): Promise<void> {
  now += ms;
  if (now <= end) return Promise.resolve();
  now = end;
  kill();
  return new Promise(() => undefined);
}

const isUndoing = ({ idempotencyKey }: Parameters<Simulate>[0]): boolean => idempotencyKey.endsWith('/compensation');

/** A failed run of two tasks with this timeout, to be undone one after the other as `undo` says. */
async function startFailed(timeout: string, undo: Simulate): Promise<PhaseInput> {
  await engine.publish(`name: undone
version: 1.0.0
tasks:
  - { id: first, uses: 'pkg:demo/echo@1.0.0', timeout: ${timeout}, compensate: { uses: 'pkg:demo/echo@1.0.0' } }
  - { id: second, uses: 'pkg:demo/echo@1.0.0', timeout: ${timeout}, needs: [first], compensate: { uses: 'pkg:demo/echo@1.0.0' } }
  - { id: bad, uses: 'pkg:demo/fail@1.0.0', needs: [second] }
`);
  engine.home.deps.phases = { start: async () => undefined, finishRun: async () => undefined };
  engine.simulate((spec) => (spec.taskId === 'bad' ? failing('no', false) : isUndoing(spec) ? undo(spec) : simulateEcho(spec)));
  const { id } = await engine.start({ workflow: 'undone' });
  const input = { tenant: engine.actor.tenant, executionId: id };
  while ((await tasksOf(input)).some(({ state }) => state !== 'succeeded' && state !== 'failed')) await delay(10);
  return input;
}

async function tasksOf({ executionId }: PhaseInput): Promise<TaskView[]> {
  return (await getExecution(engine.home.deps, engine.actor, executionId)).tasks;
}

/** What became of each compensation, and in how many attempts. */
async function undoneOf(input: PhaseInput): Promise<Record<string, string>> {
  const undone = (await tasksOf(input)).filter(({ compensation }) => compensation !== 'none');
  return Object.fromEntries(undone.map(({ id, compensation, compensationAttempts: { length } }) => [id, `${compensation} ${length}`]));
}

/** A call that has 15 minutes and is ended then, or before; undefined when it was. Jitter adds nothing to its pauses and takes nothing off. */
async function call(input: PhaseInput, endMs = callMaxMs): Promise<CompensationRound | undefined> {
  end = now + endMs;
  const ended = new Promise<undefined>((resolve) => (kill = () => resolve(undefined)));
  const { deps } = engine.home;
  const clock = { now: () => now, elapsedMs: () => now, sleep: pass };
  // A call of Lambda has no slots, and here one that was ended would never give its own back.
  const queue: TaskQueue = { send: async (messages, delayMs) => deps.queue.send(messages, delayMs) };
  return Promise.race([
    compensateRun({ ...deps, clock, queue, ids: { ...deps.ids, random: () => 1 } }, input, { maxMs: callMaxMs }),
    ended,
  ]);
}

/** Calls until nothing is left, as the state machine does; answers the pauses between the calls in seconds. */
async function callUntilDone(input: PhaseInput, maxCalls = 20): Promise<number[]> {
  const waits: number[] = [];
  for (let calls = 1; calls <= maxCalls; calls += 1) {
    const round = await call(input);
    if (round === undefined) throw new Error('the call was ended from outside');
    if (round.isDone) return waits;
    waits.push(round.waitSeconds);
    now += round.waitSeconds * 1_000;
  }
  return waits;
}

/** Undoes what a task did, in so many minutes. */
const slowly =
  (minutes: number): Simulate =>
  (spec) => ({ ...simulateEcho(spec), until: pass(minutes * minuteMs) });

describe('a compensation for which a call has no time left', () => {
  test('is left to the next call, so both are done, and the receipt says so', async () => {
    const input = await startFailed('14m', slowly(8));
    expect(await callUntilDone(input)).toEqual([0]);
    expect(await undoneOf(input)).toEqual({ first: 'done 1', second: 'done 1' });
    expect(await sealRun(engine.home.deps, input)).toEqual({ isSealed: true });
  });

  test('begins in the same call when it fits into the rest of it', async () => {
    const input = await startFailed('6m', slowly(5));
    expect(await callUntilDone(input)).toEqual([]);
    expect(await undoneOf(input)).toEqual({ first: 'done 1', second: 'done 1' });
  });

  test('begins in a fresh call even if no call can have time for all that it may take', async () => {
    const input = await startFailed('1h', slowly(8));
    expect(await callUntilDone(input)).toEqual([0]);
    expect(await undoneOf(input)).toEqual({ first: 'done 1', second: 'done 1' });
  });

  test('is given up when it outlasts every call that it was begun in, and the run goes on', async () => {
    const input = await startFailed('1h', slowly(16));
    for (let lost = 1; lost <= 6; lost += 1) {
      expect(await call(input)).toBeUndefined();
      now += 61 * minuteMs;
    }
    expect(await call(input)).toBeUndefined();
    expect(await undoneOf(input)).toEqual({ first: 'running 1', second: 'failed 6' });
  }, 60_000);
});

describe('the lease of an attempt whose call was ended', () => {
  test('is waited for outside of calls when there is no time for another attempt after it', async () => {
    const input = await startFailed('14m', slowly(8));
    expect(await call(input, 5 * minuteMs)).toBeUndefined();
    const before = now;
    expect(await call(input)).toEqual({ isDone: false, waitSeconds: 10 * 60 });
    expect(now).toBe(before);
    now += 10 * minuteMs;
    expect(await callUntilDone(input)).toEqual([0]);
    expect(await undoneOf(input)).toEqual({ first: 'done 1', second: 'done 2' });
  });

  test('is waited for in the call when there is', async () => {
    const input = await startFailed('1m', slowly(1));
    expect(await call(input, minuteMs / 2)).toBeUndefined();
    expect(await callUntilDone(input)).toEqual([]);
    expect(await undoneOf(input)).toEqual({ first: 'done 1', second: 'done 2' });
  });
});

describe('the pause after a failure', () => {
  test('passes between two calls when there is no time for another attempt after it', async () => {
    const input = await startFailed('14m', () => ({ ...failing('not yet', true), until: pass(minuteMs) }));
    expect(await callUntilDone(input)).toEqual([1, 2, 4, 8, 0, 1, 2, 4, 8]);
    expect(await undoneOf(input)).toEqual({ first: 'failed 5', second: 'failed 5' });
  });

  test('passes in the call when there is', async () => {
    const input = await startFailed('1m', () => ({ ...failing('not yet', true), until: pass(1_000) }));
    expect(await callUntilDone(input)).toEqual([]);
    expect(await undoneOf(input)).toEqual({ first: 'failed 5', second: 'failed 5' });
  });

  test('grows to ten minutes between calls while a store is out of order, and that is no end of the compensation', async () => {
    const input = await startFailed('14m', slowly(1));
    const { deps } = engine.home;
    const provision = deps.runner.provision.bind(deps.runner);
    deps.runner.provision = async () => {
      throw new McError('mc:store:unavailable', 'the store is out of order');
    };
    expect(await callUntilDone(input, 12)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]);
    deps.runner.provision = provision;
    expect(await callUntilDone(input)).toEqual([0]);
    expect(await undoneOf(input)).toEqual({ first: 'done 1', second: 'done 13' });
  });
});
