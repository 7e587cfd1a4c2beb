import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { openEmbeddedHome } from '../../../cli/host/embedded-deps.ts';
import { SimulatedRunner } from '../../../runner/simulated/simulated-runner.ts';
import { AnswerLine, type Answer } from '../../../shared/embedded/pace/answer-line.ts';
import { SqliteTable } from '../../../shared/embedded/sqlite/sqlite-table.ts';
import type { Table } from '../../../shared/port/table.ts';
import { openEngine } from '../../support/open-engine.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

/** Who was told, in that order. */
function listened(): { told: string[]; step: (n: number) => Answer; caller: Answer } {
  const told: string[] = [];
  const answer = (name: string, isForCaller: boolean): Answer => ({ give: () => void told.push(name), isForCaller });
  return { told, step: (n) => answer(`step ${n}`, false), caller: answer('caller', true) };
}

const steps = 20;
const names = numbers(steps).map((n) => `step ${n}`);

describe('the line of those who are told that their write is stored', () => {
  test('is no line without a load', () => {
    const { told, step, caller } = listened();
    new AnswerLine(() => false).give([...numbers(steps).map(step), caller]);
    expect(told).toEqual(['caller', ...names]);
  });

  test('lets callers go first under a load, and a few steps in each turn, also those of later commits', async () => {
    const { told, step, caller } = listened();
    const line = new AnswerLine(() => true);
    line.give([...numbers(steps).map(step), caller]);
    expect(told).toEqual(['caller', ...names.slice(0, 8)]);
    line.give([step(steps), caller]);
    expect(told.slice(9)).toEqual(['caller']);
    await turn();
    expect(told.slice(10)).toEqual(names.slice(8, 16));
    await turn();
    expect(told.slice(10)).toEqual([...names.slice(8), `step ${steps}`]);
    line.give([step(99)]);
    expect(told.at(-1)).toBe('step 99'); // Nobody is in line any more.
  });

  test('tells all that wait when the load is over', async () => {
    const { told, step } = listened();
    let isUnderLoad = true;
    new AnswerLine(() => isUnderLoad).give(numbers(steps).map(step));
    isUnderLoad = false;
    await turn();
    expect(told).toEqual(names);
  });
});

/** Those whose write was told to be stored in the turn in which the caller's was, who wrote last; and of all in the end. */
async function toldWithCaller(table: Table): Promise<{ then: number; all: number }> {
  let told = 0;
  const put = (n: number) => [{ kind: 'put', item: { pk: 'p', sk: String(n) } }] as const;
  const others = numbers(100).map(async (n) => table.write(put(n)).then(() => (told += 1)));
  await table.write(put(100), { isForCaller: true });
  const then = told;
  await Promise.all(others);
  return { then, all: told };
}

describe('the table of a home', () => {
  test('tells callers before the steps of runs under a load', async () => {
    const table = new SqliteTable(':memory:', { isUnderLoad: () => true });
    expect(await toldWithCaller(table)).toEqual({ then: 0, all: 100 });
    table.close();
  });

  test.each([
    ['is told of a load when more than a few requests are under way', 20_000, 8],
    ['is not, when the home is full', 0, 100],
  ])('%s', async (_, maxOpenRuns, toldUnderLoad) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'mc-answers-'));
    const home = await openEmbeddedHome({ dataDir, runner: new SimulatedRunner(), maxOpenRuns });
    const { table } = home.deps;
    let told = 0;
    const write = (n: number) => table.write([{ kind: 'put', item: { pk: 'p', sk: String(n) } }]).then(() => (told += 1));
    const toldAtFirst = async (): Promise<number> => {
      told = 0;
      const all = numbers(100).map(write);
      await all[0];
      const first = told;
      await Promise.all(all);
      return first;
    };
    const leaves = numbers(10).map(() => home.gate.enter());
    const underLoad = await toldAtFirst();
    for (const leave of leaves) leave();
    expect({ underLoad, without: await toldAtFirst() }).toEqual({ underLoad: toldUnderLoad, without: 100 });
    await home.close();
    rmSync(dataDir, { recursive: true });
  });

  test('takes the write that makes a run for that of a caller, and none of its steps', async () => {
    const engine = await openEngine();
    await engine.publish(`name: one\nversion: 1.0.0\ntasks: [{ id: only, uses: 'pkg:demo/echo@1.0.0' }]\n`);
    const writes = jest.spyOn(engine.home.deps.table, 'write');
    const { id } = await engine.start({ workflow: 'one' });
    await engine.finish(id);
    const ofRun = writes.mock.calls.filter(([ops]) => ops.some((op) => (op.kind === 'put' ? op.item : op.key).pk.endsWith(id)));
    const made = ofRun.map(([ops, hint]) => [ops.some((op) => op.kind === 'put' && op.item.sk === 'EXEC'), hint?.isForCaller ?? false]);
    expect(made[0]).toEqual([true, true]);
    expect(made.slice(1).flat()).not.toContain(true);
    expect(made.length).toBeGreaterThan(2);
    await engine.close();
  });
});
