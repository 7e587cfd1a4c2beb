import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { lockFolder } from '../../../shared/embedded/folder-lock.ts';
import { SqliteTable } from '../../../shared/embedded/sqlite/sqlite-table.ts';
import { describeTable } from '../../contract/table-contract.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mc-table-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

// With nothing kept in memory, what is there is found only by looking or by storing.
for (const keepsRecent of [true, false]) {
  describeTable(keepsRecent ? 'SQLite' : 'SQLite that keeps nothing in memory', async () => {
    const home = mkdtempSync(join(tmpdir(), 'mc-table-'));
    const table = new SqliteTable(join(home, 'table.sqlite'), { keepsRecent: () => keepsRecent });
    const close = async (): Promise<void> => {
      table.close();
      rmSync(home, { recursive: true, force: true });
    };
    return { table, prefix: 'T#test', close };
  });
}

describe('the SQLite table', () => {
  test('what was acknowledged is there after the file is opened again', async () => {
    const path = join(folder, 'table.sqlite');
    const first = new SqliteTable(path);
    await first.write([{ kind: 'put', item: { pk: 'p', sk: 's', value: 1 } }]);
    first.close();
    const second = new SqliteTable(path);
    expect(await second.get({ pk: 'p', sk: 's' })).toMatchObject({ value: 1 });
    second.close();
  });

  test('what was read once is kept in memory, and never older than what was written since', async () => {
    const path = join(folder, 'table.sqlite');
    const first = new SqliteTable(path);
    const key = { pk: 'p', sk: 's' };
    await first.write([{ kind: 'put', item: { ...key, value: 1 } }]);
    first.close();
    const again = new SqliteTable(path);
    const read = await again.get(key);
    expect(await again.get(key)).toBe(read);
    await again.write([{ kind: 'update', key, set: { value: 2 } }]);
    expect(await again.get(key)).toMatchObject({ value: 2 });
    await again.write([{ kind: 'delete', key }]);
    expect(await again.get(key)).toBeUndefined();
    again.close();
  });

  test('what was looked for in vain is found as soon as it is written, and again in vain when it was deleted', async () => {
    const path = join(folder, 'table.sqlite');
    const table = new SqliteTable(path);
    const key = { pk: 'p', sk: 's' };
    for (let round = 1; round <= 2; round += 1) {
      for (let time = 0; time < 2; time += 1) expect(await table.get(key)).toBeUndefined();
      expect(await table.write([{ kind: 'put', item: { ...key, value: round }, conditions: [{ kind: 'absent' }] }])).toEqual({ ok: true });
      expect(await table.get(key)).toMatchObject({ value: round });
      expect((await table.query({ pk: 'p', limit: 1 })).items).toMatchObject([{ value: round }]);
      await table.write([{ kind: 'delete', key }]);
    }
    table.close();
  });

  test('a refused write leaves the other writes of the same turn alone', async () => {
    const table = new SqliteTable(':memory:');
    await table.write([{ kind: 'put', item: { pk: 'p', sk: 'a', text: 'x' } }]);
    const [refused, stored] = await Promise.allSettled([
      table.write([{ kind: 'update', key: { pk: 'p', sk: 'a' }, add: { text: 1 } }]),
      table.write([{ kind: 'put', item: { pk: 'p', sk: 'b' } }]),
    ]);
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'mc:store:refused' } });
    expect(stored).toEqual({ status: 'fulfilled', value: { ok: true } });
    expect(await table.get({ pk: 'p', sk: 'b' })).toBeDefined();
    table.close();
  });

  test('writes after the close are refused instead of hanging', async () => {
    const table = new SqliteTable(':memory:');
    table.close();
    await expect(table.write([{ kind: 'put', item: { pk: 'p', sk: 's' } }])).rejects.toMatchObject({ code: 'mc:store:unavailable' });
  });

  test('a data folder has one host at a time', () => {
    const first = lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow(expect.objectContaining({ code: 'mc:host:data-dir-in-use' }));
    first.release();
    lockFolder(folder).release();
  });
});
