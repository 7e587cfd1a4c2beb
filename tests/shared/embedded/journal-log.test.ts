/** The write-ahead log of the journal: under load it is written over, not grown, and what is in it stays readable. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Journal } from '../../../shared/embedded/sqlite/journal.ts';
import { SqliteTable } from '../../../shared/embedded/sqlite/sqlite-table.ts';

const entry = 'x'.repeat(1024 * 1024);
const slack = entry.length / 2;

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mc-log-'));
  path = join(folder, 'table-journal.sqlite');
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const append = (journal: Journal): void => journal.transact(() => journal.append(journal.last() + 1, entry));
const logBytes = (): number => statSync(`${path}-wal`).size;

test('once another connection has moved it, the next commit begins it anew', () => {
  const [home, thread] = [new Journal(path), new Journal(path)];
  for (let round = 0; round < 4; round += 1) {
    for (let commit = 0; commit < 3; commit += 1) append(home);
    thread.recycleLog();
  }
  expect(logBytes()).toBeLessThan(3 * entry.length + slack);
  expect(thread.after(0).map(({ changes }) => changes === entry)).toEqual(Array(12).fill(true));
  home.close();
  thread.close();
});

test('a commit while it is moved is moved too', () => {
  const [home, thread] = [new Journal(path), new Journal(path)];
  let between = 0;
  const get = jest.spyOn(StatementSync.prototype, 'get');
  const original = get.getMockImplementation();
  get.mockImplementation(function (this: StatementSync, ...values) {
    const row = original?.apply(this, values);
    if (this.sourceSQL.includes('wal_checkpoint') && between++ === 0) append(home);
    return row;
  });
  append(home);
  thread.recycleLog();
  expect(between).toBeGreaterThan(1);
  const before = logBytes();
  append(home);
  expect(logBytes()).toBe(before);
  home.close();
  thread.close();
});

test('a journal of small pages, as versions before made it, goes on as it is', async () => {
  const old = new DatabaseSync(path);
  old.exec('PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; CREATE TABLE journal (seq INTEGER PRIMARY KEY, changes TEXT NOT NULL)');
  old.close();
  const table = join(folder, 'table.sqlite');
  for (const value of [1, 2]) {
    const home = new SqliteTable(table);
    await home.write([{ kind: 'put', item: { pk: 'p', sk: `row-${value}`, filler: entry.slice(0, 100_000) } }]);
    home.close(); // With a VACUUM of the journal.
  }
  const again = new SqliteTable(table);
  expect((await again.query({ pk: 'p', limit: 10 })).items.map(({ sk }) => sk)).toEqual(['row-1', 'row-2']);
  again.close();
  const journal = new DatabaseSync(path);
  expect(journal.prepare('PRAGMA page_size').get()).toEqual({ page_size: 8192 });
  journal.close();
});
