/** An engine under drill: callers that come again as a client with an idempotency key does, what reached the outside world, and what must be true in the end. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { z } from 'zod';
import { McError } from '../../shared/core/errors.ts';
import type { Simulate } from '../../runner/simulated/simulated-runner.ts';
import { reportCrash } from './crash-report.ts';
import { failing, openEngine, type Engine } from '../support/open-engine.ts';

const good = `name: good
version: 1.0.0
tasks:
  - { id: a, uses: 'pkg:demo/echo@1.0.0', with: { n: 1 } }
  - { id: b, uses: 'pkg:demo/echo@1.0.0', needs: [a], with: { n: '\${{ tasks.a.outputs.n }}' } }
  - { id: c, uses: 'pkg:demo/echo@1.0.0', needs: [b] }
`;
const bad = `name: bad
version: 1.0.0
tasks:
  - { id: made, uses: 'pkg:demo/echo@1.0.0', compensate: { uses: 'pkg:demo/echo@1.0.0', with: { undo: made } } }
  - { id: broken, uses: 'pkg:demo/fail@1.0.0', needs: [made] }
`;

/** A caller gives up after this long, and so does a drill; that is half of the two minutes that a recovery may take. */
export const recoveryMaxMs = 60_000;
const callerPauseMs = 50;

export interface Drill extends AsyncDisposable {
  engine: Engine;
  /** Starts so many runs at once, every fifth of which fails, under keys of their own; answers their ids, and how often a caller was refused. */
  start(count: number): Promise<{ ids: string[]; refused: number }>;
  /** Waits until nothing is open any more; answers how long that took from this moment. */
  settle(): Promise<number>;
  /** Fails unless every run ended as it should with one verified receipt, and effects, slots and money balance. */
  expectWhole(ids: readonly string[]): Promise<void>;
}

const log = [{ at: Date.UTC(2026, 10, 21), stream: 'stdout', text: 'done' }] as const;

/** Every task says something and takes a moment; `broken` fails for good. */
const simulate: Simulate = (spec) =>
  spec.taskId === 'broken'
    ? failing('always', false)
    : { result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 5 } }, delayMs: 5, log };

export async function openDrill(): Promise<Drill> {
  const engine = await openEngine({ hasOwnKeys: true });
  engine.simulate(simulate);
  for (const text of [good, bad]) await engine.publish(text);
  let keys = 0;
  const isBad = new Set<string>();
  return {
    engine,
    start: async (count) => {
      const calls = Array.from({ length: count }, async () => {
        const key = keys++;
        const call = await persist(() => engine.start({ workflow: key % 5 === 4 ? 'bad' : 'good', idempotencyKey: `drill-${key}` }));
        if (key % 5 === 4) isBad.add(call.value.id);
        return { id: call.value.id, refused: call.refused };
      });
      const answers = await Promise.all(calls);
      return { ids: answers.map(({ id }) => id), refused: answers.reduce((sum, { refused }) => sum + refused, 0) };
    },
    settle: () => settle(engine),
    expectWhole: (ids) => expectWhole(engine, ids, isBad),
    [Symbol.asyncDispose]: () => engine.close(),
  };
}

/** What a client does with an answer that says "come again". */
async function persist<T>(call: () => Promise<T>): Promise<{ value: T; refused: number }> {
  const deadline = Date.now() + recoveryMaxMs;
  for (let refused = 0; ; refused += 1) {
    try {
      return { value: await call(), refused };
    } catch (error) {
      if (!(error instanceof McError && error.retry === 'backoff') || Date.now() > deadline) throw error;
      await delay(callerPauseMs);
    }
  }
}

async function settle({ home }: Engine): Promise<number> {
  const beganAt = Date.now();
  while (home.pending() > 0) {
    if (Date.now() - beganAt > recoveryMaxMs) throw new Error(`${home.pending()} runs are still open`);
    await delay(20);
  }
  return Date.now() - beganAt;
}

async function expectWhole({ home, actor, attempts }: Engine, ids: readonly string[], isBad: ReadonlySet<string>): Promise<void> {
  expect(new Set(ids).size).toBe(ids.length);
  const report = await reportCrash(home.deps, actor, ids);
  expect(report).toMatchObject({ open: 0, inUse: 0 });
  const whole = { verified: expect.stringMatching(/^SHA256:/), receipts: 1, ledgerRows: 1, costBalances: true };
  for (const run of report.runs) {
    const [state, tasks] = isBad.has(run.id)
      ? ['failed', { made: 'succeeded/done', broken: 'failed/none' }]
      : ['succeeded', { a: 'succeeded/none', b: 'succeeded/none', c: 'succeeded/none' }];
    expect(run).toMatchObject({ ...whole, state, tasks });
  }
  // No attempt ran twice, and each effect reached the world under one key.
  const names = attempts.map(({ idempotencyKey, attempt }) => `${idempotencyKey} ${attempt}`);
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(attempts.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(3 * ids.length);
  const Day = z.object({ reservedUsdMicros: z.literal(0) });
  const { items } = await home.deps.table.query({ pk: `T#${actor.tenant}#USAGE`, prefix: 'DAY#', limit: 10 });
  expect(items.map((day) => Day.safeParse(day).success)).toEqual(items.map(() => true));
}
