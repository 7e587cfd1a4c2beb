import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { simulateEcho } from '../../../runner/simulated/simulated-runner.ts';
import { McError } from '../../../shared/core/errors.ts';
import { decideAfterFailure } from '../../../shared/execution/dispatch/retry-policy.ts';
import type { TaskRecord } from '../../../shared/execution/execution-record.ts';
import type { Table, WriteOp } from '../../../shared/port/table.ts';
import { failing, openEngine, type Engine } from '../../support/open-engine.ts';
import { wrapTable } from '../../support/table/wrap-table.ts';

const full = (): McError => new McError('mc:store:full', 'the disk of the data folder is full; nothing was written');
const single = (name: string): string => `name: ${name}\nversion: 1.0.0\ntasks: [{ id: only, uses: 'pkg:demo/echo@1.0.0' }]\n`;

const undone = `name: undone
version: 1.0.0
tasks:
  - { id: made, uses: 'pkg:demo/echo@1.0.0', compensate: { uses: 'pkg:demo/echo@1.0.0' } }
  - { id: bad, uses: 'pkg:demo/fail@1.0.0', needs: [made] }
`;

/** How often the next uses of the store fail, and whether storing results is one of them. */
let failures = 0;
let failsResults = false;
const fail = (): void => {
  if (failures-- > 0) throw full();
};

let engine: Engine;
beforeEach(async () => {
  failures = 0;
  failsResults = false;
  engine = await openEngine({ faults: { hit: (point) => (failsResults && point === 'dispatch:after-blobs' ? fail() : undefined) } });
}, 60_000);
afterEach(async () => engine.close());

/** The table, whose writes fail when they would do this. */
function failingAt(table: Table, isHit: (op: WriteOp) => boolean): Table {
  return wrapTable(table, {
    write: async (ops, hint) => {
      if (ops.some(isHit)) fail();
      return table.write(ops, hint);
    },
  });
}

const endsTask = (op: WriteOp): boolean => op.kind === 'put' && op.item['id'] === 'only' && op.item['state'] === 'succeeded';
const endsCompensation = (op: WriteOp): boolean => op.kind === 'update' && op.set?.['compensation'] === 'done';

describe('a disk that is full for a while', () => {
  test('when there is no room for the folder of a task, costs attempts and neither retries nor the run', async () => {
    const { runner } = engine.home.deps;
    engine.home.deps.runner = {
      level: () => runner.level(),
      provision: async (spec) => {
        fail();
        return runner.provision(spec);
      },
    };
    await engine.publish(single('roomless'));
    failures = 2;
    const execution = await engine.finish((await engine.start({ workflow: 'roomless' })).id);
    expect(execution).toMatchObject({ state: 'succeeded', error: null });
    expect(execution.tasks[0]?.attempts.map(({ failure }) => failure)).toEqual(['store', 'store', null]);
  });

  test('when there is no room for the result, costs attempts and neither retries nor the run', async () => {
    await engine.publish(single('unkept'));
    failsResults = true;
    failures = 2;
    const execution = await engine.finish((await engine.start({ workflow: 'unkept' })).id);
    expect(execution).toMatchObject({ state: 'succeeded', error: null });
    expect(execution.tasks[0]?.attempts.map(({ failure }) => failure)).toEqual(['store', 'store', null]);
  });

  test('when there is no room for the log of a failed task, leaves it failed with its own reason', async () => {
    await engine.publish(single('broken'));
    engine.simulate(() => failing('it broke', false));
    failsResults = true;
    failures = 1;
    const execution = await engine.finish((await engine.start({ workflow: 'broken' })).id);
    expect(execution).toMatchObject({ state: 'failed', error: { failure: 'error', message: expect.stringContaining('it broke') } });
    expect(engine.attempts).toHaveLength(1);
  });

  test('when the end of an attempt cannot be written, does not run the attempt again', async () => {
    engine.home.deps.table = failingAt(engine.home.deps.table, endsTask);
    await engine.publish(single('patient'));
    failures = 2;
    const execution = await engine.finish((await engine.start({ workflow: 'patient' })).id);
    expect(execution).toMatchObject({ state: 'succeeded', error: null });
    expect(engine.attempts).toHaveLength(1);
    expect(failures).toBeLessThan(0);
  });

  test('when the end of a compensation cannot be written, does not undo a second time', async () => {
    engine.home.deps.table = failingAt(engine.home.deps.table, endsCompensation);
    await engine.publish(undone);
    engine.simulate((spec) => (spec.taskId === 'bad' ? failing('no', false) : simulateEcho(spec)));
    failures = 2;
    const execution = await engine.finish((await engine.start({ workflow: 'undone' })).id);
    expect(execution.tasks.find(({ id }) => id === 'made')).toMatchObject({ compensation: 'done', compensationAttempts: { length: 1 } });
    expect(failures).toBeLessThan(0);
    expect(engine.attempts.filter(({ idempotencyKey }) => idempotencyKey.endsWith('/compensation'))).toHaveLength(1);
  });

  test.each([
    ['a task', single('endless'), 'endless', endsTask],
    ['a compensation', undone, 'undone', endsCompensation],
  ])('and stays full does not keep a home from closing that holds the end of %s', async (_what, manifest, workflow, isEnd) => {
    engine.home.deps.table = failingAt(engine.home.deps.table, isEnd);
    await engine.publish(manifest);
    engine.simulate((spec) => (spec.taskId === 'bad' ? failing('no', false) : simulateEcho(spec)));
    failures = Infinity;
    await engine.start({ workflow });
    let refusals = 0;
    engine.home.deps.logger = { ...engine.home.deps.logger, warn: () => void (refusals += 1) };
    while (refusals < 2) await delay(5);
    await engine.close();
    expect(refusals).toBe(2);
  });
});

describe('the slots that the end of a task holds for the next one', () => {
  const width = 4;
  /** The end of `first` begins `second`, and counts for `join`, which others may have done too. */
  const forked = `name: forked
version: 1.0.0
tasks:
  - { id: first, uses: 'pkg:demo/echo@1.0.0' }
  - { id: other, uses: 'pkg:demo/echo@1.0.0' }
  - { id: second, uses: 'pkg:demo/echo@1.0.0', needs: [first] }
  - { id: join, uses: 'pkg:demo/echo@1.0.0', needs: [first, other] }
`;

  /** All slots are free, so all of them can be held at once. */
  async function expectAllFree(): Promise<void> {
    for (let look = 0; look < 100; look += 1) {
      const slots = engine.home.deps.queue.reserve?.(width);
      slots?.release();
      if (slots) return;
      await delay(20);
    }
    throw new Error(`fewer than ${width} slots are free although nothing runs`);
  }

  test.each([
    ['fails', () => Promise.reject(full())],
    ['loses a race for a dependent', () => Promise.resolve({ ok: false as const, failed: [1] })],
  ])('are free again when its write %s', async (_what, refuse) => {
    await engine.close();
    engine = await openEngine({ width });
    const { table } = engine.home.deps;
    let refusals = 2;
    engine.home.deps.table = {
      ...failingAt(table, () => false),
      write: async (ops) => {
        const isEnd = ops.some((op) => op.kind === 'put' && op.item.sk === 'TASK#first' && op.item['state'] === 'succeeded');
        return isEnd && refusals-- > 0 ? refuse() : table.write(ops);
      },
    };
    await engine.publish(forked);
    expect(await engine.finish((await engine.start({ workflow: 'forked' })).id)).toMatchObject({ state: 'succeeded' });
    expect(refusals).toBeLessThan(0);
    await expectAllFree();
  });
});

describe('a store out of order', () => {
  const context = { now: 0, deadlineAt: 24 * 3_600_000, random: 1 };
  const after = (count: number, retryable = true): ReturnType<typeof decideAfterFailure> => {
    const attempts = Array.from({ length: count }, () => ({ failure: 'store' }));
    const task = { failures: 0, losses: 0, retries: 0, attempts } as unknown as TaskRecord; // What the decision reads.
    return decideAfterFailure(task, { failure: 'store', message: 'full', retryable }, context);
  };

  test('is given longer and longer pauses, about an hour in all, and then the task fails', () => {
    const pauses: number[] = [];
    for (let next = after(0); next.kind === 'retry'; next = after(pauses.length)) pauses.push(next.delayMs);
    expect(pauses.slice(0, 3)).toEqual([500, 1_000, 2_000]);
    expect(Math.max(...pauses)).toBe(5 * 60_000);
    expect(pauses.reduce((sum, pause) => sum + pause, 0) / 60_000).toBeCloseTo(58.5, 0);
  });

  test('ends the task at once when no time can mend it', () => {
    expect(after(0, false)).toEqual({ kind: 'fail' });
  });
});
