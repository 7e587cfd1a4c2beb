/** The journal of the table: what was acknowledged is in it or in the table's file, whoever reads and whenever the process ends. */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { GroupCommit } from '../../../shared/embedded/sqlite/group-commit.ts';
import { ApplierThread } from '../../../shared/embedded/sqlite/applier-thread.ts';
import { copyTable } from '../../../shared/embedded/backup/copy-table.ts';
import { JournalApplier } from '../../../shared/embedded/sqlite/apply-journal.ts';
import { Journal } from '../../../shared/embedded/sqlite/journal.ts';
import { journalOf, openDatabase } from '../../../shared/embedded/sqlite/sqlite-schema.ts';
import { SqliteTable } from '../../../shared/embedded/sqlite/sqlite-table.ts';
import type { Item, Table } from '../../../shared/port/table.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mc-journal-'));
  path = join(folder, 'table.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const item = (sk: string, value: number, more: Partial<Item> = {}): Item => ({ pk: 'p', sk, value, ...more });
const put = async (table: Table, ...items: Item[]): Promise<void> => {
  for (const each of items) await table.write([{ kind: 'put', item: each }]);
};
const all = async (table: Table): Promise<Item[]> => (await table.query({ pk: 'p', limit: 1_000 })).items;

const triples = <T>(of: readonly T[]): [T, T, T][] => of.flatMap((a) => of.flatMap((b) => of.map((c): [T, T, T] => [a, b, c])));

/** The rows of the table's file alone, as somebody sees them who does not know of the journal. */
function inTheFile(): Record<string, unknown>[] {
  const db = new DatabaseSync(path, { readOnly: true });
  const rows = db.prepare("SELECT sk, g1pk, json_extract(body, '$.value') AS value FROM items WHERE pk = 'p' ORDER BY sk").all();
  db.close();
  return rows.map((row) => ({ ...row }));
}

describe('a table and its journal', () => {
  test('what is in the journal alone survives a process that ends at once', async () => {
    const killed = new SqliteTable(path);
    await put(killed, item('a', 1), item('b', 1), item('a', 2));
    await killed.write([{ kind: 'delete', key: { pk: 'p', sk: 'b' } }]);
    expect(inTheFile()).toEqual([]);
    const next = new SqliteTable(path); // The first one is never closed.
    expect(inTheFile()).toEqual([{ sk: 'a', g1pk: null, value: 2 }]);
    expect(await all(next)).toEqual([item('a', 2)]);
    next.close();
    killed.close();
  });

  test('every way to change a row twice before the file has it comes to the same as one after the other', async () => {
    const steps: readonly ((table: Table) => Promise<unknown>)[] = [
      async (table) => table.write([{ kind: 'put', item: item('x', 1, { gsi1pk: 'g', gsi1sk: 's' }) }]),
      async (table) => table.write([{ kind: 'put', item: item('x', 2), conditions: [{ kind: 'absent' }] }]),
      async (table) => table.write([{ kind: 'update', key: { pk: 'p', sk: 'x' }, add: { value: 10 } }]),
      async (table) => table.write([{ kind: 'update', key: { pk: 'p', sk: 'x' }, set: { gsi1pk: 'h', gsi1sk: 's' } }]),
      async (table) => table.write([{ kind: 'delete', key: { pk: 'p', sk: 'x' } }]),
    ];
    const results: unknown[] = [];
    for (const settlesBetween of [false, true]) {
      const found: unknown[] = [];
      path = join(folder, `${settlesBetween}.sqlite`);
      const table = new SqliteTable(path, { keepsRecent: () => false });
      for (const before of [item('x', 0), undefined])
        for (const [first, second, third] of triples(steps).filter(([first]) => first === steps[0] || first === steps.at(-1))) {
          await table.write([before ? { kind: 'put', item: before } : { kind: 'delete', key: { pk: 'p', sk: 'x' } }]);
          await all(table);
          for (const step of [first, second, third]) {
            await step(table);
            if (settlesBetween) await all(table);
          }
          await all(table);
          found.push(inTheFile());
        }
      table.close();
      results.push(found);
    }
    expect(results[0]).toEqual(results[1]);
    expect(new Set((results[0] as unknown[]).map((rows) => JSON.stringify(rows))).size).toBeGreaterThan(5);
  });

  test('an entry is applied once, however often that is asked for and by whom', async () => {
    const table = new SqliteTable(path);
    await put(table, item('a', 1));
    const db = openDatabase(path);
    const journal = new Journal(journalOf(path));
    const other = new JournalApplier(db, journal);
    const applied = other.apply();
    db.exec("DELETE FROM items WHERE sk = 'a'"); // A second application would bring it back.
    expect(other.apply()).toBe(applied);
    expect(await all(table)).toEqual([]);
    journal.close();
    db.close();
    table.close();
  });

  test('a journal of another table is refused, and nothing of it is applied', async () => {
    const other = new SqliteTable(join(folder, 'other.sqlite'));
    await put(other, item('stranger', 1));
    const table = new SqliteTable(path);
    table.close();
    const db = openDatabase(path);
    const journal = new Journal(journalOf(join(folder, 'other.sqlite')));
    expect(() => new JournalApplier(db, journal).apply()).toThrow(expect.objectContaining({ code: 'mc:store:damaged' }));
    expect(inTheFile()).toEqual([]);
    journal.close();
    db.close();
    other.close();
  });

  test('a table beside the journal of another is not opened, and its files are free again', async () => {
    new SqliteTable(path).close();
    const other = new SqliteTable(join(folder, 'other.sqlite'));
    await put(other, item('stranger', 1)); // It ends without being closed: its files are put aside as they are.
    for (const end of ['', '-wal']) copyFileSync(journalOf(join(folder, 'other.sqlite')) + end, journalOf(path) + end);
    expect(() => new SqliteTable(path)).toThrow(expect.objectContaining({ code: 'mc:store:damaged' }));
    const writer = new DatabaseSync(path, { timeout: 0 });
    writer.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; ROLLBACK');
    writer.close();
    expect(readdirSync(folder).filter((name) => /^table(-journal)?\.sqlite-(wal|shm)$/.test(name))).toEqual([]);
    other.close();
  });

  test('a table without its journal, as a restore leaves it, goes on with a new one', async () => {
    const first = new SqliteTable(path);
    await put(first, item('a', 1), item('b', 1));
    first.close();
    for (const name of readdirSync(folder)) if (name.includes('journal')) rmSync(join(folder, name));
    const second = new SqliteTable(path);
    await put(second, item('c', 1));
    second.close();
    const third = new SqliteTable(path);
    expect((await all(third)).map(({ sk }) => sk)).toEqual(['a', 'b', 'c']);
    third.close();
  });

  test.each([0, 200])(
    'a pause leaves nothing in the journal, not even in its gaps: what was shredded stays shredded, after %s entries that the thread applied',
    async (entries) => {
      const thread = new ApplierThread(path);
      const table = new SqliteTable(path, { thread });
      if (entries > 0) await thread.apply();
      await table.putMany(Array.from({ length: entries }, (_, n) => item(`row-${n}`, n, { filler: 'x'.repeat(50_000) })));
      await put(table, item('secret', 1, { filler: 'x'.repeat(50_000), wrapped: 'the-wrapped-key' }));
      await table.write([{ kind: 'delete', key: { pk: 'p', sk: 'secret' } }]);
      const isInFiles = (): boolean =>
        readdirSync(folder)
          .filter((name) => name.includes('journal'))
          .some((name) => readFileSync(join(folder, name)).includes('the-wrapped-key'));
      expect(isInFiles()).toBe(true);
      for (let wait = 0; wait < 100 && isInFiles(); wait += 1) await delay(50);
      expect(isInFiles()).toBe(false);
      await thread.close();
      table.close();
    },
  );

  test('a pause gives back the memory of what the file has: afterwards it is read from there', async () => {
    const table = new SqliteTable(path);
    await put(table, item('a', 1));
    await all(table);
    const file = new DatabaseSync(path);
    file.exec("UPDATE items SET body = json_set(body, '$.value', 2) WHERE sk = 'a'");
    file.close();
    expect(await table.get({ pk: 'p', sk: 'a' })).toMatchObject({ value: 1 });
    const isRead = async (): Promise<boolean> => (await table.get({ pk: 'p', sk: 'a' }))?.['value'] === 2;
    for (let wait = 0; wait < 100 && !(await isRead()); wait += 1) await delay(50);
    expect(await isRead()).toBe(true);
    table.close();
  });
});

describe('two processes on one table', () => {
  const openTwice = (): [SqliteTable, SqliteTable] => [
    new SqliteTable(path, { keepsRecent: () => false }),
    new SqliteTable(path, { keepsRecent: () => false }),
  ];

  test('each sees what the other committed, applied or not, and both never win one condition', async () => {
    const [home, backup] = openTwice();
    await put(home, item('head', 1));
    expect(await backup.get({ pk: 'p', sk: 'head' })).toEqual(item('head', 1));
    await put(backup, item('head', 2));
    expect(await home.get({ pk: 'p', sk: 'head' })).toEqual(item('head', 2));
    expect(await all(home)).toEqual([item('head', 2)]); // Applied by the one, while the other still holds it in memory.
    await put(home, item('head', 3));
    await all(home);
    expect(await backup.get({ pk: 'p', sk: 'head' })).toEqual(item('head', 3));
    const take = async (table: Table): Promise<boolean> => {
      const isThree = { kind: 'compare', field: 'value', op: '=', value: 3 } as const;
      return (await table.write([{ kind: 'update', key: { pk: 'p', sk: 'head' }, add: { value: 1 }, conditions: [isThree] }])).ok;
    };
    expect((await Promise.all([take(home), take(backup)])).sort()).toEqual([false, true]);
    home.close();
    expect(await all(backup)).toEqual([item('head', 4)]);
    backup.close();
  });

  test('one finds out about the other after a pause in which the journal was emptied', async () => {
    const [home, backup] = openTwice();
    await put(home, item('a', 1));
    await backup.get({ pk: 'p', sk: 'a' });
    await put(home, item('a', 2));
    await put(home, item('b', 2));
    await delay(600); // The home's pause.
    expect(await backup.get({ pk: 'p', sk: 'a' })).toEqual(item('a', 2));
    expect(await all(backup)).toHaveLength(2);
    await put(backup, item('c', 3));
    expect((await all(home)).map(({ sk }) => sk)).toEqual(['a', 'b', 'c']);
    home.close();
    backup.close();
  });

  test('one finds out about entries of the other that it never saw, because they were dropped or emptied', async () => {
    const [home, backup] = openTwice();
    await put(home, item('a', 1));
    expect(await backup.get({ pk: 'p', sk: 'a' })).toEqual(item('a', 1));
    await put(home, item('a', 2));
    await all(home);
    await put(home, item('b', 1)); // With this entry the applied ones are dropped.
    expect(await backup.get({ pk: 'p', sk: 'a' })).toEqual(item('a', 2));
    await put(home, item('b', 2));
    await delay(600); // The home's pause empties this one.
    expect(await backup.get({ pk: 'p', sk: 'b' })).toEqual(item('b', 2));
    home.close();
    backup.close();
  });

  test('neither takes for absent what the other has put where nothing was', async () => {
    const [home, backup] = openTwice();
    const putNew = async (table: Table, sk: string): Promise<boolean> =>
      (await table.write([{ kind: 'put', item: item(sk, 1), conditions: [{ kind: 'absent' }] }])).ok;
    expect(await putNew(home, 'a')).toBe(true); // Nothing comes after it.
    expect(await putNew(backup, 'b')).toBe(true);
    expect(await putNew(home, 'b')).toBe(false); // It has seen the entry.
    await all(home);
    expect([await putNew(home, 'b'), await putNew(home, 'a'), await putNew(backup, 'a')]).toEqual([false, false, false]);
    expect(await putNew(backup, 'c')).toBe(true);
    await all(backup);
    expect(await putNew(backup, 'd')).toBe(true); // With this entry those before it are dropped, unseen by the home.
    expect([await putNew(home, 'c'), await putNew(home, 'd'), await putNew(home, 'e')]).toEqual([false, false, true]);
    home.close();
    expect(await putNew(backup, 'e')).toBe(false);
    backup.close();
  });

  test('a copy of the table has what only the journal holds', async () => {
    const home = new SqliteTable(path);
    await home.write([{ kind: 'put', item: { pk: 'SYS#KEYS', sk: 'LOG', keyId: 'log-key' } }]);
    await put(home, item('a', 1));
    await all(home);
    await put(home, item('a', 2), item('b', 2));
    const copy = join(folder, 'copy.sqlite');
    await copyTable(path, copy, () => 7);
    home.close();
    const copied = new SqliteTable(copy);
    expect(await all(copied)).toEqual([item('a', 2), item('b', 2)]);
    copied.close();
  });
});

describe('a table whose file cannot follow', () => {
  const filler = 'x'.repeat(350 * 1024);
  const fill = async (table: Table, rows: number, pk = 'p'): Promise<void> => {
    for (let row = 0; row < rows; row += 1) await table.write([{ kind: 'put', item: { ...item(`row-${row}`, row, { filler }), pk } }]);
  };

  test('commits until too much is in memory, then refuses, and has everything when it can again', async () => {
    const table = new SqliteTable(path, { keepsRecent: () => false });
    const holder = new DatabaseSync(path);
    holder.exec('BEGIN IMMEDIATE');
    await fill(table, 100);
    await expect(fill(table, 100)).rejects.toMatchObject({ code: 'mc:store:unavailable' });
    expect(await table.get({ pk: 'p', sk: 'row-99' })).toMatchObject({ value: 99 });
    await expect(all(table)).rejects.toMatchObject({
      code: 'mc:store:unavailable',
      message: expect.stringContaining('another program holds'),
    });
    holder.exec('ROLLBACK');
    holder.close();
    await fill(table, 1);
    expect(await all(table)).toHaveLength(100);
    table.close();
  });

  test('waits for its thread rather than refuse, and every write is there', async () => {
    const thread = new ApplierThread(path);
    const table = new SqliteTable(path, { keepsRecent: () => false, thread });
    await Promise.all(Array.from({ length: 6 }, async (_, n) => fill(table, 60, `p${n}`)));
    for (const pk of ['p0', 'p5']) expect((await table.query({ pk, limit: 100 })).items).toHaveLength(60);
    await thread.close();
    table.close();
  });
});

describe('a group commit', () => {
  test('commits nothing while it is held, and what came meanwhile afterwards', async () => {
    const committed: number[] = [];
    const commits = new GroupCommit<{ ops: readonly number[] }>({
      commit: async (writes) => void committed.push(writes.length),
      idle: () => undefined,
    });
    const held = Promise.withResolvers<void>();
    commits.hold(held.promise);
    for (const op of [1, 2, 3]) commits.add({ ops: [op] });
    await delay(20);
    expect(committed).toEqual([]);
    held.resolve();
    await delay(20);
    expect(committed).toEqual([3]);
    commits.close();
  });
});
