/** Nobody is told of what a loss of power could undo: answers wait for the sync of the journal, while the table goes on. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ApplierThread } from '../../../shared/embedded/sqlite/applier-thread.ts';
import { JournalApplier } from '../../../shared/embedded/sqlite/apply-journal.ts';
import { Journal, snapshotJournal } from '../../../shared/embedded/sqlite/journal.ts';
import { JournalSync, syncInPool, type SyncFile } from '../../../shared/embedded/sqlite/journal-sync.ts';
import { journalOf, openDatabase } from '../../../shared/embedded/sqlite/sqlite-schema.ts';
import { SqliteTable } from '../../../shared/embedded/sqlite/sqlite-table.ts';
import type { Item, Key, Table, WriteOp } from '../../../shared/port/table.ts';

/** Longer than everything but the disk takes. */
const aMoment = 100;

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mc-sync-'));
  path = join(folder, 'table.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const keyOf = (sk: string): Key => ({ pk: 'p', sk });
const item = (sk: string, value = 1, more: Partial<Item> = {}): Item => ({ ...keyOf(sk), value, ...more });
const put = (sk: string, value = 1): WriteOp => ({ kind: 'put', item: item(sk, value) });
const putNew = (sk: string): WriteOp => ({ kind: 'put', item: item(sk), conditions: [{ kind: 'absent' }] });

/** A disk whose syncs take until they are let go. */
class HeldDisk {
  begun = 0;
  #isHeld = true;
  #waiting: (() => void)[] = [];

  readonly sync: SyncFile = async (descriptor) => {
    this.begun += 1;
    if (this.#isHeld) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    await syncInPool(descriptor);
  };

  /** Lets those go that wait. */
  step(): void {
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Lets everything go. */
  release(): void {
    this.#isHeld = false;
    this.step();
  }
}

const openHeld = (isKept = true): { table: SqliteTable; disk: HeldDisk } => {
  const disk = new HeldDisk();
  return { table: new SqliteTable(path, { keepsRecent: () => isKept, sync: disk.sync }), disk };
};

/** What has been answered, by name, in order. */
function watch(): { answered: string[]; ask: <T>(name: string, answer: Promise<T>) => Promise<T> } {
  const answered: string[] = [];
  const ask = async <T>(name: string, answer: Promise<T>): Promise<T> => answer.finally(() => answered.push(name));
  return { answered, ask };
}

/** The rows of the table's file alone. */
function inTheFile(): unknown[] {
  const db = new DatabaseSync(path, { readOnly: true });
  const rows = db.prepare("SELECT sk FROM items WHERE pk = 'p' ORDER BY sk").all();
  db.close();
  return rows.map(({ sk }) => sk);
}

/** How many entries are in the journal, on the disk or not. */
function inTheJournal(): unknown {
  const db = new DatabaseSync(journalOf(path), { readOnly: true });
  const count = db.prepare('SELECT count(*) AS entries FROM journal').get()?.['entries'];
  db.close();
  return count;
}

describe('while a sync is under way', () => {
  test.each([true, false])(
    'nobody is told of what it shall bring to the disk, neither who wrote it nor who reads it (kept in memory: %s)',
    async (isKept) => {
      const { table, disk } = openHeld(isKept);
      const { answered, ask } = watch();
      const write = ask('write', table.write([put('a')]));
      await delay(aMoment);
      expect(disk.begun).toBe(1);
      const reads = [
        ask('get', table.get(keyOf('a'))),
        ask('getMany', table.getMany([keyOf('a'), keyOf('b')])),
        ask('query', table.query({ pk: 'p', limit: 9 })),
      ];
      await delay(aMoment);
      expect(answered).toEqual([]);
      disk.release();
      expect(await write).toEqual({ ok: true });
      expect(await Promise.all(reads)).toMatchObject([item('a'), [item('a'), undefined], { items: [item('a')] }]);
      table.close();
    },
  );

  test('a deletion is not told either, and what it leaves alone is', async () => {
    const { table, disk } = openHeld();
    disk.release();
    await table.putMany([item('gone'), item('there')]);
    const held = new HeldDisk();
    table.close();
    const again = new SqliteTable(path, { sync: held.sync });
    const { answered, ask } = watch();
    const deletion = ask('deletion', again.write([{ kind: 'delete', key: keyOf('gone') }]));
    await delay(aMoment);
    const gone = ask('gone', again.get(keyOf('gone')));
    expect(await again.getMany([keyOf('there'), keyOf('never')])).toEqual([item('there'), undefined]);
    await delay(aMoment);
    expect(answered).toEqual([]);
    held.release();
    expect([await deletion, await gone]).toEqual([{ ok: true }, undefined]);
    again.close();
  });

  test('a query that meets a newer change of what it found waits for that', async () => {
    const { table, disk } = openHeld();
    const first = table.write([put('a', 1)]);
    await delay(aMoment);
    const { answered, ask } = watch();
    const query = ask('query', table.query({ pk: 'p', limit: 9 }));
    // Committed at the end of the turn in which the disk has the first, before the query goes on.
    const second = table.write([put('a', 2), ...Array.from({ length: 99 }, (_, n) => put(`filler-${n}`))]);
    const fillers = Array.from({ length: 20 }, async (_, n) => table.putMany(Array.from({ length: 100 }, (_, m) => item(`${n}-${m}`))));
    await delay(aMoment);
    disk.step();
    await first;
    await delay(aMoment);
    expect(answered).toEqual([]);
    disk.release();
    expect((await query).items).toEqual([item('a', 2)]);
    await Promise.all([second, ...fillers]);
    table.close();
  });

  test('what comes is gathered, and once it fills a commit that is judged by what the disk lacks', async () => {
    const { table, disk } = openHeld();
    const { answered, ask } = watch();
    const first = ask('first', table.write([putNew('slot')]));
    await delay(aMoment);
    const second = ask('second', table.write([putNew('slot')]));
    const third = ask('third', table.write([{ kind: 'update', key: keyOf('slot'), add: { value: 1 } }]));
    await delay(aMoment);
    expect(inTheJournal()).toBe(1);
    const others = Array.from({ length: 20 }, async (_, n) => table.write(Array.from({ length: 100 }, (_, m) => put(`${n}-${m}`))));
    await delay(aMoment);
    expect(inTheJournal()).toBeGreaterThan(1);
    expect([answered, disk.begun]).toEqual([[], 1]);
    disk.step(); // The first commit is on the disk, and the next sync begins.
    expect(await first).toEqual({ ok: true });
    await delay(aMoment);
    expect([answered, disk.begun]).toEqual([['first'], 2]);
    disk.release();
    expect([await second, await third]).toEqual([{ ok: false, failed: [0] }, { ok: true }]);
    await Promise.all(others);
    expect(await table.get(keyOf('slot'))).toMatchObject({ value: 2 });
    table.close();
  });

  test('nothing that the disk lacks gets into the table, which has it afterwards', async () => {
    const { table, disk } = openHeld();
    // More than is let come together before it is applied.
    const rows = Array.from({ length: 60 }, (_, n) => item(`row-${n}`, n, { filler: 'x'.repeat(300 * 1024) }));
    const written = table.putMany(rows);
    await delay(5 * aMoment);
    expect(disk.begun).toBe(1);
    expect(inTheFile()).toEqual([]);
    disk.release();
    await written;
    expect((await table.query({ pk: 'p', limit: 100 })).items).toHaveLength(rows.length);
    expect(inTheFile()).toHaveLength(rows.length);
    table.close();
  });

  test('a close waits for the disk itself, and everybody is answered', async () => {
    const { table, disk } = openHeld();
    const first = table.write([put('a')]);
    await delay(aMoment);
    const second = table.write([put('b')]);
    table.close();
    expect(inTheFile()).toEqual(['a', 'b']); // Only what the disk has is ever applied.
    disk.release();
    expect(await Promise.all([first, second])).toEqual([{ ok: true }, { ok: true }]);
  });

  test('another process is not told either before it has synced the journal itself', async () => {
    const { table: home, disk } = openHeld();
    const [otherDisk, { answered, ask }] = [new HeldDisk(), watch()];
    const other = new SqliteTable(path, { keepsRecent: () => false, sync: otherDisk.sync });
    const write = home.write([put('a')]);
    await delay(aMoment);
    const read = ask('read', other.get(keyOf('a')));
    const refused = ask('refused', other.write([putNew('a')]));
    await delay(aMoment);
    expect([answered, otherDisk.begun]).toEqual([[], 1]);
    otherDisk.release();
    expect([await read, await refused]).toEqual([item('a'), { ok: false, failed: [0] }]);
    other.close();
    disk.release();
    await write;
    home.close();
  });
});

describe('an applier', () => {
  test('applies nothing that its journal has not synced, and all of it afterwards', () => {
    const [home, journal, db] = [new Journal(journalOf(path)), new Journal(journalOf(path)), openDatabase(path)];
    const applier = new JournalApplier(db, journal);
    applier.apply(); // From now on the table knows its journal.
    home.transact(() => home.append(1, '["insert","p","a"]\n{}'));
    expect([journal.last(), applier.apply(), inTheFile()]).toEqual([1, 0, []]);
    journal.syncNow();
    expect([applier.apply(), inTheFile()]).toEqual([1, ['a']]);
    for (const each of [home, journal, db]) each.close();
  });

  test('in its thread syncs the journal before', async () => {
    const { table, disk } = openHeld();
    const written = table.write([put('a')]);
    await delay(aMoment);
    const thread = new ApplierThread(path);
    expect(await thread.apply()).toBe(1);
    disk.step();
    await written;
    const next = table.write([put('b')]);
    await delay(aMoment);
    expect([await thread.apply(), inTheFile()]).toEqual([2, ['a', 'b']]);
    await thread.close();
    disk.release();
    await next;
    table.close();
  });
});

describe('a sync that fails', () => {
  /** A disk that fails once, and says nothing of it afterwards: the system has let go of what it could not write. */
  const openFailing = (): { table: SqliteTable; syncs: () => number } => {
    let syncs = 0;
    const sync: SyncFile = async () => {
      syncs += 1;
      if (syncs === 2) throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
    };
    return { table: new SqliteTable(path, { sync }), syncs: () => syncs };
  };

  test('is told to those who wait for it, and nothing is read or written before the table is opened again', async () => {
    const { table, syncs } = openFailing();
    await table.write([put('a')]);
    const failed = { code: 'mc:store:unavailable', message: expect.stringContaining('failed to sync the journal') };
    const ask: readonly (() => Promise<unknown>)[] = [
      () => table.write([put('b')]),
      () => table.write([put('c')]),
      () => table.get(keyOf('a')),
      () => table.getMany([keyOf('a')]),
      () => table.query({ pk: 'p', limit: 9 }),
      () => table.putMany([item('d')]),
      () => table.probe(),
    ];
    for (const each of ask) await expect(each()).rejects.toMatchObject(failed);
    await delay(3 * aMoment); // A pause, in which the journal would be emptied.
    expect([syncs(), inTheFile(), inTheJournal()]).toEqual([2, [], 2]);
    table.close();
    expect(inTheFile()).toEqual([]);
    const again = new SqliteTable(path);
    expect(await again.get(keyOf('a'))).toEqual(item('a'));
    await again.write([put('e')]);
    again.close();
  });

  test('is one wherever it is seen, and stays one', async () => {
    const sync = new JournalSync('/dev/full', syncInPool); // No disk has it.
    await expect(sync.onDisk(1)).rejects.toMatchObject({ code: 'mc:store:unavailable' });
    expect(() => sync.syncNow(1)).toThrow(sync.failure);
    expect(sync.synced).toBe(0);
    sync.close();
    let isBroken = true;
    const mended = new JournalSync('/dev/full', async () => (isBroken ? Promise.reject(new Error('EIO')) : undefined));
    await expect(mended.onDisk(1)).rejects.toMatchObject({ code: 'mc:store:unavailable' });
    isBroken = false;
    await expect(mended.onDisk(1)).rejects.toMatchObject({ code: 'mc:store:unavailable' });
    mended.close();
    const other = new JournalSync('/dev/full', async () => undefined);
    expect(() => other.syncNow(1)).toThrow(expect.objectContaining({ code: 'mc:store:unavailable' }));
    other.close();
  });
});

describe('a loss of power', () => {
  /** The files that make up a table, and the state of its journal's log that the disk has at least. */
  const files = ['table.sqlite', 'table.sqlite-wal', 'table-journal.sqlite'];
  const log = 'table-journal.sqlite-wal';

  /** What is found in the folder after it. */
  function lost(logOnDisk: string): string {
    const found = mkdtempSync(join(folder, 'found-'));
    for (const name of files) copyFileSync(join(folder, name), join(found, name));
    copyFileSync(logOnDisk, join(found, log));
    return join(found, 'table.sqlite');
  }

  test('leaves everything that was acknowledged or told, whenever it comes', async () => {
    const onDisk = join(folder, 'on-disk');
    const sync: SyncFile = async () => {
      copyFileSync(join(folder, log), `${onDisk}-draft`);
      await delay(1 + Math.random() * 10);
      copyFileSync(`${onDisk}-draft`, onDisk);
    };
    const table = new SqliteTable(path, { keepsRecent: () => false, sync });
    copyFileSync(join(folder, log), onDisk);
    const known = new Map<string, number>();
    let isOver = false;
    const count = async (sk: string): Promise<void> => {
      for (let value = 1; !isOver; value += 1) {
        await table.write([{ kind: 'update', key: keyOf(sk), add: { value: 1 } }]);
        known.set(sk, value);
      }
    };
    const read = async (): Promise<void> => {
      while (!isOver) {
        const { items } = await table.query({ pk: 'p', limit: 100 });
        for (const { sk, value } of items) known.set(sk, Math.max(known.get(sk) ?? 0, Number(value)));
        await delay(1);
      }
    };
    const all = Promise.all([...Array.from({ length: 8 }, async (_, n) => count(`n${n}`)), read()]);
    for (let time = 0; time < 10; time += 1) {
      await delay(20);
      const told = new Map(known);
      const after = new SqliteTable(lost(onDisk));
      for (const [sk, value] of told) expect(Number((await after.get(keyOf(sk)))?.['value'])).toBeGreaterThanOrEqual(value);
      await after.write([put('new')]);
      expect((await after.query({ pk: 'p', limit: 100 })).items.map(({ sk }) => sk)).toContain('new');
      after.close();
    }
    isOver = true;
    await all;
    expect(known.size).toBe(8);
    table.close();
  });

  test('after which a disk lacks what it had said to hold makes no new entry count as applied', async () => {
    const table: Table & { close(): void } = new SqliteTable(path);
    await table.write([put('a')]);
    copyFileSync(join(folder, log), join(folder, 'old'));
    for (let value = 0; value < 5; value += 1) await table.write([put('a', value)]);
    await table.query({ pk: 'p', limit: 9 }); // Now the table holds them.
    const found = lost(join(folder, 'old'));
    table.close();
    const after = new SqliteTable(found);
    await after.write([put('new')]);
    after.close();
    const again = new SqliteTable(found);
    expect((await again.query({ pk: 'p', limit: 9 })).items).toEqual([item('a', 4), item('new')]);
    again.close();
  });

  test('takes nothing from a home that a backup has: what that reads of the journal is on the disk first', async () => {
    const { table, disk } = openHeld();
    const [copying, { answered, ask }] = [new HeldDisk(), watch()];
    const written = table.write([put('a')]);
    await delay(aMoment);
    const snapshot = ask('snapshot', snapshotJournal(journalOf(path), copying.sync));
    await delay(aMoment);
    expect(answered).toEqual([]);
    copying.release();
    expect(await snapshot).toMatchObject({ synced: 1 });
    disk.release();
    await written;
    table.close();
  });

  test('may have taken what a killed process left in the log of the journal, so that is never written on', async () => {
    const killed = new SqliteTable(path);
    await killed.write([put('a')]);
    const saltOf = (file: string): string => readFileSync(file).toString('hex', 16, 24); // sqlite.org/fileformat2.html#walformat
    const found = lost(join(folder, log));
    const before = saltOf(join(found, '..', log));
    const after = new SqliteTable(found);
    await after.write([put('b')]);
    expect(saltOf(join(found, '..', log))).not.toBe(before);
    after.close();
    killed.close();
  });
});
