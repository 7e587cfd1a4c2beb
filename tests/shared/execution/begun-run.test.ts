/** A run of more tasks than one transaction takes leaves nothing behind when it does not begin. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { simulateEcho } from '../../../runner/simulated/simulated-runner.ts';
import { actOnExecution } from '../../../shared/execution/actions/act-on-execution.ts';
import type { StartResult } from '../../../shared/execution/admit/admit-run.ts';
import { giveUpRun } from '../../../shared/execution/begun-run.ts';
import type { Id } from '../../../shared/core/id.ts';
import { executionPk } from '../../../shared/execution/execution-record.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import type { Item, Table } from '../../../shared/port/table.ts';
import { failing } from '../../support/open-engine.ts';
import { openAgedHome, type AgedHome } from '../../support/retention/aged-home.ts';
import { beforeWrite } from '../../support/retention/before-write.ts';
import { wrapTable } from '../../support/table/wrap-table.ts';

const names = Array.from({ length: 100 }, (_, at) => `t${at}`);
const wide = `name: wide
version: 1.0.0
tasks:
${names.map((name) => `  - { id: ${name}, uses: 'pkg:demo/echo@1.0.0', with: { word: secret } }`).join('\n')}
  - { id: last, uses: 'pkg:demo/echo@1.0.0', needs: [t0], with: { word: x } }
`;

let home: AgedHome;
let failedId: string;
/** The runs whose tasks were put before their head. */
let begun: Set<Id<'exec'>>;
beforeEach(async () => {
  home = await openAgedHome();
  await home.publish(wide);
  home.simulate((spec) => (spec.taskId === 'last' ? failing('it broke', false) : simulateEcho(spec)));
  failedId = (await home.finish((await home.start({ workflow: 'wide' })).id)).id;
  home.simulate(simulateEcho);
  begun = new Set();
}, 60_000);
afterEach(async () => home.close());

/** The same ports, whose table remembers what was begun. */
function watched(deps: Deps, different: Partial<Table> = {}): Deps {
  const { table } = deps;
  const putMany = async (items: readonly Item[]): Promise<void> => {
    for (const { pk } of items) if (pk.includes('#X#')) begun.add(pk.slice(pk.lastIndexOf('#') + 1) as Id<'exec'>);
    await table.putMany(items);
    await different.putMany?.(items);
  };
  return { ...deps, table: wrapTable(table, { ...different, putMany }) };
}
const retry = (deps: Deps): Promise<StartResult> =>
  actOnExecution(deps, home.actor, { action: 'retry', id: failedId, reason: 'once more' });

async function rowsOf(id: Id<'exec'>): Promise<Item[]> {
  return (await home.home.deps.table.query({ pk: executionPk(home.actor.tenant, id), limit: 200 })).items;
}
const announced = async (): Promise<Item[]> => (await home.home.deps.table.query({ pk: 'T#acme#BEGUN', limit: 10 })).items;
const isHead = ({ sk }: Item): boolean => sk === 'EXEC';

test('of three retries at once the two that come too late leave neither a task nor an announcement', async () => {
  const deps = watched(home.home.deps);
  const ended = await Promise.allSettled([retry(deps), retry(deps), retry(deps)]);
  const [won] = ended.flatMap((each) => (each.status === 'fulfilled' && each.value.kind === 'started' ? [each.value.execution.id] : []));
  expect(ended.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
  expect(begun.size).toBeGreaterThan(1);
  for (const id of begun) expect([id, (await rowsOf(id)).length > 0]).toEqual([id, id === won]);
  expect(await announced()).toEqual([]);
  expect(await home.finish(won!)).toMatchObject({ state: 'succeeded' });
}, 60_000);

describe('when the write of the head throws', () => {
  const isAdmission: Parameters<typeof beforeWrite>[1] = (op) => op.kind === 'put' && op.item.sk === 'EXEC';
  const broken = new Error('no answer came');

  test('and nothing was written, the tasks go at once', async () => {
    const { table } = home.home.deps;
    const deps = watched(home.home.deps, {
      write: async (ops, hint) => (ops.some(isAdmission) ? Promise.reject(broken) : table.write(ops, hint)),
    });
    await expect(retry(deps)).rejects.toBe(broken);
    expect(begun.size).toBe(1);
    for (const id of begun) expect(await rowsOf(id)).toEqual([]);
    expect(await announced()).toEqual([]);
  }, 60_000);

  test('and it was written all the same, nothing of the run goes', async () => {
    const { table } = home.home.deps;
    const deps = watched(home.home.deps, {
      async write(ops, hint) {
        const result = await table.write(ops, hint);
        if (ops.some(isAdmission)) throw broken;
        return result;
      },
    });
    await expect(retry(deps)).rejects.toBe(broken);
    for (const id of begun) {
      expect((await rowsOf(id)).filter(({ sk }) => sk.startsWith('TASK#'))).toHaveLength(101);
      expect((await rowsOf(id)).some(isHead)).toBe(true);
    }
    expect(await announced()).toEqual([]);
  }, 60_000);

  test('and nothing can be erased now, the error is the first one and the retention erases', async () => {
    const { table } = home.home.deps;
    const deps = watched(home.home.deps, {
      write: async (ops, hint) =>
        ops.some((op) => isAdmission(op) || (op.kind === 'update' && op.key.pk.endsWith('#BEGUN')))
          ? Promise.reject(broken)
          : table.write(ops, hint),
    });
    await expect(retry(deps)).rejects.toBe(broken);
    for (const id of begun) expect(await rowsOf(id)).toHaveLength(101);
    await home.purge(2);
    for (const id of begun) expect(await rowsOf(id)).toEqual([]);
  }, 60_000);
});

describe('the tasks of a run whose process died before it wrote the head', () => {
  test('stay for a day and go with the next round of retention', async () => {
    const died = watched(home.home.deps, { putMany: () => Promise.reject(new Error('power is gone')) });
    await expect(retry(died)).rejects.toThrow('power is gone');
    await home.purge(0.9);
    for (const id of begun) expect(await rowsOf(id)).toHaveLength(101);
    expect(await announced()).toHaveLength(1);
    expect(await home.purge(1.1)).toMatchObject({ isDone: true, purges: 0 });
    expect(begun.size).toBe(1);
    for (const id of begun) expect(await rowsOf(id)).toEqual([]);
    expect(await announced()).toEqual([]);
  }, 60_000);

  test('that were given up get no head any more', async () => {
    const own = watched(home.home.deps);
    const deps = beforeWrite(
      own,
      (op) => op.kind === 'put' && op.item.sk === 'EXEC',
      async () => {
        for (const id of begun) await giveUpRun(own, home.actor.tenant, id);
      },
    );
    await expect(retry(deps)).rejects.toThrow('lost a race');
    for (const id of begun) expect(await rowsOf(id)).toEqual([]);
  }, 60_000);
});
