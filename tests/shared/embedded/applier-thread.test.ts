import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ApplierThread } from '../../../shared/embedded/sqlite/applier-thread.ts';
import { Journal } from '../../../shared/embedded/sqlite/journal.ts';
import { journalOf } from '../../../shared/embedded/sqlite/sqlite-schema.ts';
import { SqliteTable } from '../../../shared/embedded/sqlite/sqlite-table.ts';

/** Under SQLite's own bound of 200 MB of log, and several times what the thread is begun for. */
const rows = 600;
const rowChars = 64 * 1024;

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mc-applier-'));
  path = join(folder, 'table.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function write(table: SqliteTable, row: number): Promise<void> {
  await table.write([{ kind: 'put', item: { pk: 'T', sk: `row-${row}`, filler: String(row).padEnd(rowChars, '.') } }]);
}

/** Writes without a pause, and answers how large the table itself became meanwhile. */
async function writeAll(table: SqliteTable): Promise<number> {
  let largest = 0;
  for (let row = 0; row < rows; row += 1) {
    await write(table, row);
    largest = Math.max(largest, statSync(path).size);
  }
  return largest;
}

test('under a load without a pause the thread moves the log into the table, and nothing is lost', async () => {
  const applier = new ApplierThread(path);
  const table = new SqliteTable(path, { thread: applier });
  expect(await writeAll(table)).toBeGreaterThan(8 * 1024 * 1024);
  await applier.close();
  await write(table, rows);
  table.close();
  const again = new SqliteTable(path);
  for (const row of [0, rows - 1, rows]) expect(await again.get({ pk: 'T', sk: `row-${row}` })).toBeDefined();
  again.close();
});

test('the log of the journal begins anew after many entries, not after each application', async () => {
  new SqliteTable(path).close(); // From now on the table knows its journal.
  const [applier, journal] = [new ApplierThread(path), new Journal(journalOf(path))];
  const append = (): void => journal.transact(() => journal.append(journal.last() + 1, `["put","T","row-${journal.last()}"]\n{}`));
  const saltAfter = async (entries: number): Promise<string> => {
    for (let entry = 0; entry < entries; entry += 1) append();
    expect(await applier.apply()).toBe(journal.last());
    append();
    return readFileSync(`${journalOf(path)}-wal`).toString('hex', 16, 24); // sqlite.org/fileformat2.html#walformat
  };
  const [few, more, many] = [await saltAfter(10), await saltAfter(10), await saltAfter(100)];
  await applier.close();
  journal.close();
  expect(more).toBe(few);
  expect(many).not.toBe(few);
});

test('a thread that cannot open the table leaves the work to commits, and the next load begins another', async () => {
  const applier = new ApplierThread(join(folder, 'missing', 'table.sqlite'));
  const table = new SqliteTable(path, { thread: applier });
  await writeAll(table);
  expect(await table.get({ pk: 'T', sk: `row-${rows - 1}` })).toBeDefined();
  await applier.close();
  table.close();
});
