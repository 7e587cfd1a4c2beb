/** When spares are started and when they go; what attempts in them are held to is tested beside this. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { detectIsolation } from '../../../runner/sandbox/detect-isolation.ts';
import type { Isolation } from '../../../runner/sandbox/isolation.ts';
import { WarmPool, type WarmOptions } from '../../../runner/sandbox/warm/warm-pool.ts';
import { systemClock } from '../../../shared/embedded/system-clock.ts';
import { buildTaskSpec } from '../../support/build-task-spec.ts';

const base = mkdtempSync(join(tmpdir(), 'mc-pool-'));
const { isolation } = await detectIsolation({ base, nodePath: process.execPath, clock: systemClock, highestLevel: 'node-permission' });
const { limits } = buildTaskSpec();
const medium = { ...limits, resourceClass: 'medium' as const };
const pools: WarmPool[] = [];

/** The same, after a while. */
const slow: Isolation = {
  ...isolation,
  command: (...given) => {
    const { program, args, ...command } = isolation.command(...given);
    return { ...command, program: '/bin/sh', args: ['-c', 'sleep 0.4; exec "$0" "$@"', program, ...args] };
  },
};

function open(options: Partial<WarmOptions> = {}, of: Isolation = isolation): WarmPool {
  const pool = new WarmPool({ isolation: of, base, clock: systemClock }, { size: 2, first: limits, hasRoom: () => true, ...options });
  pools.push(pool);
  return pool;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(10);
}

/** Asks so often that as many are wanted as there may be; what was handed out is thrown away. */
async function askOften(pool: WarmPool, times: number): Promise<void> {
  for (let asked = 0; asked < times; asked++) await (await pool.take(isolation, limits))?.discard();
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
  expect(readdirSync(base)).toEqual([]);
});

describe('spares', () => {
  test('are never more than the size, however much is asked for, and are filled up again', async () => {
    const pool = open();
    let most = 0;
    for (let round = 0; round < 3; round++) {
      await askOften(pool, 8);
      await until(() => {
        most = Math.max(most, pool.waiting, readdirSync(base).length);
        return pool.waiting === 2;
      });
    }
    await delay(200);
    expect([most, pool.waiting, readdirSync(base).length]).toEqual([2, 2, 2]);
  });

  test('are handed out once, also to two who ask at the same time', async () => {
    const pool = open({ size: 1 });
    await until(() => pool.waiting === 1);
    const taken = await Promise.all([pool.take(isolation, limits), pool.take(isolation, limits)]);
    expect(taken.map((spare) => spare !== undefined)).toEqual([true, false]);
    for (const spare of taken) await spare?.discard();
  });

  test('are started one at a time, whoever asks meanwhile, and go when the pool closes while they start', async () => {
    const pool = open({ size: 4 }, slow);
    let most = 0;
    for (let asked = 0; asked < 8; asked++) {
      await (await pool.take(slow, limits))?.discard();
      await delay(80);
      most = Math.max(most, readdirSync(base).length - pool.waiting);
    }
    expect(most).toBe(1);
    await until(() => readdirSync(base).length > pool.waiting);
    await pool.close();
    expect(readdirSync(base)).toEqual([]);
  });

  test('are no spares with size 0', async () => {
    const pool = open({ size: 0 });
    expect(await pool.take(isolation, limits)).toBeUndefined();
    await delay(200);
    expect([pool.waiting, readdirSync(base)]).toEqual([0, []]);
  });

  test('are not started while attempts keep coming, nor while no processor is idle', async () => {
    let hasRoom = false;
    const pool = open({ hasRoom: () => hasRoom });
    await delay(300);
    expect(readdirSync(base)).toEqual([]);
    hasRoom = true;
    for (let waited = 0; waited < 400; waited += 20) {
      expect(await pool.take(isolation, limits)).toBeUndefined();
      expect(readdirSync(base)).toEqual([]);
      await delay(20);
    }
    await until(() => pool.waiting > 0);
  });

  test('are not started on what was idle a while ago', async () => {
    let looks = 0;
    const pool = open({ hasRoom: () => looks++ === 0 });
    await delay(400);
    expect([looks > 1, pool.waiting, readdirSync(base)]).toEqual([true, 0, []]);
  });

  test('are tried again after a folder could not be made, and are not given up for that', async () => {
    const reasons: string[] = [];
    const blocked = join(base, 'blocked');
    writeFileSync(blocked, 'a file where the folder should be');
    const options = { size: 1, first: limits, hasRoom: () => true, failurePauseMs: 10, onOff: (reason: string) => reasons.push(reason) };
    const pool = new WarmPool({ isolation, base: blocked, clock: systemClock }, options);
    await delay(500);
    rmSync(blocked);
    await until(() => pool.waiting === 1);
    await pool.close();
    rmSync(blocked, { recursive: true });
    expect(reasons).toEqual([]);
  });

  test('follow what is asked for', async () => {
    const pool = open({ size: 1 });
    await until(() => pool.waiting === 1);
    for (let asked = 0; asked < 9; asked++) expect(await pool.take(isolation, medium)).toBeUndefined();
    await until(() => pool.waiting === 0);
    await until(() => pool.waiting === 1);
    const spare = await pool.take(isolation, medium);
    expect(spare?.limits).toEqual(medium);
    await spare?.discard();
  });

  test('that are old are replaced', async () => {
    const pool = open({ size: 1, maxAgeMs: 400 });
    await until(() => pool.waiting === 1);
    const [first] = readdirSync(base);
    // The folder of the old one is removed beside the start of the next.
    await until(() => pool.waiting === 1 && readdirSync(base).length === 1 && readdirSync(base)[0] !== first);
    expect(readdirSync(base)).not.toContain(first);
  });

  test('of another isolation are not handed out', async () => {
    const pool = open({ size: 1 });
    await until(() => pool.waiting === 1);
    const [first] = readdirSync(base);
    expect(first).toBeDefined();
    expect(await pool.take({ ...isolation }, limits)).toBeUndefined();
    // The pool may have begun the next one before this one has ended.
    await until(() => !readdirSync(base).includes(first ?? ''));
  });

  test('that do not come up are given up after the third, with the reason', async () => {
    const command = (): ReturnType<Isolation['command']> => ({ program: '/no/such/program', args: [], reportsPid: false });
    const reasons: string[] = [];
    const pool = open({ onOff: (reason) => reasons.push(reason), failurePauseMs: 10 }, { ...isolation, command });
    await until(() => reasons.length > 0);
    await delay(300);
    expect(reasons).toEqual([expect.stringContaining('/no/such/program')]);
    expect([pool.size, await pool.take(isolation, limits), readdirSync(base)]).toEqual([0, undefined, []]);
  });
});

afterAll(() => rmSync(base, { recursive: true, force: true }));
