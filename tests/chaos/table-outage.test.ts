import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from '@jest/globals';
import { McError } from '../../shared/core/errors.ts';
import type { Table } from '../../shared/port/table.ts';
import { openDrill, recoveryMaxMs, type Drill } from './drill-engine.ts';

const runs = 40;
const outageMs = 2_000;

/** A table that cannot be reached while `isDown`, neither to read nor to write; `refused` counts. */
function unreliable(table: Table): Table & { isDown: boolean; refused: number } {
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!port.isDown) return work();
    port.refused += 1;
    throw new McError('mc:store:unavailable', 'the table does not answer');
  };
  const port = {
    isDown: false,
    refused: 0,
    get: (key) => guarded(() => table.get(key)),
    getMany: (keys) => guarded(() => table.getMany(keys)),
    query: (query) => guarded(() => table.query(query)),
    write: (ops) => guarded(() => table.write(ops)),
    putMany: (items) => guarded(() => table.putMany(items)),
    probe: () => guarded(() => table.probe()),
  } satisfies Table & { isDown: boolean; refused: number };
  return port;
}

/** Starts runs, takes the table away amid them, starts more meanwhile, gives it back; answers every id and how long the recovery took. */
async function failOver(
  drill: Drill,
  fail: () => void,
  recover: () => void,
): Promise<{ ids: string[]; refused: number; recoveryMs: number }> {
  const before = await drill.start(runs);
  fail();
  const meanwhile = drill.start(runs);
  await delay(outageMs);
  recover();
  const during = await meanwhile;
  const recoveryMs = await drill.settle();
  return { ids: [...before.ids, ...during.ids], refused: during.refused, recoveryMs };
}

describe('a table that is gone for two seconds amid eighty runs', () => {
  test(
    'because another program holds its journal: nothing is lost or doubled, and every run ends by itself',
    async () => {
      await using drill = await openDrill();
      const holder = new DatabaseSync(`${drill.engine.folder}/table-journal.sqlite`);
      const { ids, refused, recoveryMs } = await failOver(
        drill,
        () => holder.exec('BEGIN IMMEDIATE'),
        () => holder.exec('ROLLBACK'),
      );
      holder.close();
      expect(refused).toBeGreaterThan(0);
      expect(recoveryMs).toBeLessThan(recoveryMaxMs);
      await drill.expectWhole(ids);
    },
    2 * recoveryMaxMs,
  );

  test(
    'because another program holds its file: the journal takes what comes, and every run ends by itself',
    async () => {
      await using drill = await openDrill();
      const holder = new DatabaseSync(`${drill.engine.folder}/table.sqlite`);
      const { ids, recoveryMs } = await failOver(
        drill,
        () => holder.exec('BEGIN IMMEDIATE'),
        () => holder.exec('ROLLBACK'),
      );
      holder.close();
      expect(recoveryMs).toBeLessThan(recoveryMaxMs);
      await drill.expectWhole(ids);
    },
    2 * recoveryMaxMs,
  );

  test(
    'because nothing answers, neither reads nor writes: nothing is lost or doubled, and every run ends by itself',
    async () => {
      await using drill = await openDrill();
      const table = unreliable(drill.engine.home.deps.table);
      drill.engine.home.deps.table = table;
      const { ids, refused, recoveryMs } = await failOver(
        drill,
        () => void (table.isDown = true),
        () => void (table.isDown = false),
      );
      expect(refused).toBeGreaterThan(0);
      expect(table.refused).toBeGreaterThan(refused);
      expect(recoveryMs).toBeLessThan(recoveryMaxMs);
      await drill.expectWhole(ids);
    },
    2 * recoveryMaxMs,
  );
});
