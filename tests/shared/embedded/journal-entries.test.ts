/** A large commit is several entries of the journal, and nobody finds a part of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Journal } from '../../../shared/embedded/sqlite/journal.ts';
import { entriesOf } from '../../../shared/embedded/sqlite/journal-entries.ts';
import { journalOf } from '../../../shared/embedded/sqlite/sqlite-schema.ts';
import { SqliteTable } from '../../../shared/embedded/sqlite/sqlite-table.ts';
import type { WriteOp } from '../../../shared/port/table.ts';

describe('the entries of a commit', () => {
  const changes = Array.from({ length: 50 }, (_, at) => `["put","p","${at}"]\n${String(at).padEnd(7_000, '.')}`);

  test('have every change once, whole and in order, and none is a text that V8 keeps apart', () => {
    const entries = entriesOf(changes);
    expect(entries.join('\n')).toBe(changes.join('\n'));
    expect(entries.length).toBeGreaterThan(4);
    for (const entry of entries) {
      expect(entry.split('\n').length % 2).toBe(0);
      expect(2 * entry.length).toBeLessThan(128 * 1024); // Two bytes a character, as a text with a single one beyond Latin-1 has.
    }
  });

  test('are one when there is little, one for a change of any size, and none for no change', () => {
    expect(entriesOf(changes.slice(0, 2))).toEqual([changes.slice(0, 2).join('\n')]);
    const large = `["put","p","large"]\n${'x'.repeat(400_000)}`;
    expect(entriesOf(['a\nb', large, 'c\nd'])).toEqual(['a\nb', large, 'c\nd']);
    expect(entriesOf([])).toEqual([]);
  });
});

describe('a commit of several entries', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mc-entries-'));
    path = join(folder, 'table.sqlite');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const rows = 40;
  const puts = (value: number): WriteOp[] =>
    Array.from({ length: rows }, (_, at) => ({ kind: 'put', item: { pk: 'p', sk: `row-${at}`, value, filler: 'x'.repeat(10_000) } }));
  const values = async (table: SqliteTable): Promise<unknown[]> =>
    (await table.query({ pk: 'p', limit: 100 })).items.map(({ value }) => value);

  test('is numbered without a gap, and whole after a process that ends at once', async () => {
    const killed = new SqliteTable(path);
    await killed.write(puts(1));
    await killed.write(puts(2));
    const journal = new Journal(journalOf(path));
    const seqs = journal.after(0).map(({ seq }) => seq);
    expect(seqs.length).toBeGreaterThan(8);
    expect(seqs).toEqual(seqs.map((_, at) => at + 1));
    journal.close();
    const next = new SqliteTable(path); // The first one is never closed.
    expect(await values(next)).toEqual(Array(rows).fill(2));
    next.close();
    killed.close();
  });

  test('is seen by another process, which goes on with the next number', async () => {
    const [home, backup] = [new SqliteTable(path, { keepsRecent: () => false }), new SqliteTable(path, { keepsRecent: () => false })];
    await home.write(puts(1));
    expect(await backup.get({ pk: 'p', sk: `row-${rows - 1}` })).toMatchObject({ value: 1 });
    await backup.write(puts(2));
    expect(await home.get({ pk: 'p', sk: 'row-0' })).toMatchObject({ value: 2 });
    expect(await values(home)).toEqual(Array(rows).fill(2));
    await home.write(puts(3)); // With these the applied ones are dropped.
    expect(await values(backup)).toEqual(Array(rows).fill(3));
    home.close();
    backup.close();
  });
});
