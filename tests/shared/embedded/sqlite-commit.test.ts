/** What the table does with the writes of one commit. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SqliteTable } from '../../../shared/embedded/sqlite/sqlite-table.ts';
import type { Key, WriteOp } from '../../../shared/port/table.ts';

const absent = [{ kind: 'absent' }] as const;
const put = (sk: string, value: number): WriteOp => ({ kind: 'put', item: { pk: 'p', sk, value }, conditions: absent });
const keyOf = (sk: string): Key => ({ pk: 'p', sk });

let folder: string;
let table: SqliteTable;
afterEach(() => {
  table.close();
  rmSync(folder, { recursive: true, force: true });
});

// What is kept in memory is known; what is not is found only by looking or by storing.
describe.each([true, false])('writes of one commit, with items kept in memory: %s', (keepsRecent) => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mc-commit-'));
    table = new SqliteTable(join(folder, 'table.sqlite'), { keepsRecent: () => keepsRecent });
  });

  test('a put of what is there already is refused, and its neighbours are stored', async () => {
    await table.write([put('there', 1)]);
    const answers = await Promise.all([
      table.write([put('before', 1)]),
      table.write([put('with', 1), put('there', 2)]),
      table.write([put('after', 1)]),
    ]);
    expect(answers).toEqual([{ ok: true }, { ok: false, failed: [1] }, { ok: true }]);
    expect(await table.get(keyOf('there'))).toMatchObject({ value: 1 });
    expect(await table.get(keyOf('with'))).toBeUndefined();
    expect(await table.get(keyOf('after'))).toBeDefined();
  });

  test('a refused write names every op whose condition did not hold', async () => {
    await table.write([put('a', 1), put('c', 1)]);
    const wrong: WriteOp = { kind: 'check', key: keyOf('a'), conditions: [{ kind: 'compare', field: 'value', op: '=', value: 9 }] };
    expect(await table.write([wrong, put('b', 1), put('c', 2)])).toEqual({ ok: false, failed: [0, 2] });
    expect(await table.get(keyOf('b'))).toBeUndefined();
  });

  test('of two puts of the same new item the first wins', async () => {
    expect(await Promise.all([table.write([put('new', 1)]), table.write([put('new', 2)])])).toEqual([
      { ok: true },
      { ok: false, failed: [0] },
    ]);
    expect(await table.get(keyOf('new'))).toMatchObject({ value: 1 });
  });

  test('what was new a moment ago is not new again, in memory or in the file, before or after a new start', async () => {
    const wanted = ['c', 'a', 'b', 'd'];
    const putAll = async (): Promise<boolean[]> => {
      const answers: boolean[] = [];
      for (const sk of wanted) answers.push((await table.write([put(sk, 1)])).ok);
      return answers;
    };
    expect(await putAll()).toEqual([true, true, true, true]);
    expect(await putAll()).toEqual([false, false, false, false]);
    expect((await table.query({ pk: 'p', limit: 9 })).items).toHaveLength(4); // The file has them now.
    expect(await putAll()).toEqual([false, false, false, false]);
    await table.write([{ kind: 'delete', key: keyOf('b') }]);
    expect(await putAll()).toEqual([false, false, true, false]);
    table.close();
    table = new SqliteTable(join(folder, 'table.sqlite'), { keepsRecent: () => keepsRecent });
    expect(await putAll()).toEqual([false, false, false, false]);
  });

  test('what is put and deleted at once is refused when it was there', async () => {
    await table.write([put('there', 1)]);
    const answers = await Promise.all([table.write([put('there', 2)]), table.write([{ kind: 'delete', key: keyOf('there') }])]);
    expect(answers).toEqual([{ ok: false, failed: [0] }, { ok: true }]);
    expect(await table.get(keyOf('there'))).toBeUndefined();
  });

  test('what is deleted and put at once is there, with the keys of its index', async () => {
    await table.write([{ kind: 'put', item: { pk: 'p', sk: 'moved', gsi1pk: 'old', gsi1sk: 'a' } }]);
    expect((await table.query({ index: 'gsi1', pk: 'old', limit: 1 })).items).toHaveLength(1); // The file has it now, so it is no new row there.
    await Promise.all([
      table.write([{ kind: 'delete', key: keyOf('moved') }]),
      table.write([{ kind: 'put', item: { pk: 'p', sk: 'moved', gsi1pk: 'new', gsi1sk: 'a' }, conditions: absent }]),
    ]);
    expect((await table.query({ index: 'gsi1', pk: 'old', limit: 1 })).items).toEqual([]);
    expect((await table.query({ index: 'gsi1', pk: 'new', limit: 1 })).items).toMatchObject([{ sk: 'moved' }]);
  });

  test('many changes of one item all count, each under the condition that it asked for', async () => {
    await table.write([put('slots', 0)]);
    const take: WriteOp = {
      kind: 'update',
      key: keyOf('slots'),
      add: { value: 1 },
      conditions: [{ kind: 'compare', field: 'value', op: '<', value: 25 }],
    };
    const answers = await Promise.all(Array.from({ length: 100 }, async () => table.write([take])));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(25);
    expect(await table.get(keyOf('slots'))).toMatchObject({ value: 25 });
  });

  test('an item keeps its shape in memory when a field is removed, and the field is absent to conditions and in the file', async () => {
    const item = { pk: 'p', sk: 'a', gone: 1, keep: 2 };
    await table.write([{ kind: 'put', item }]);
    await table.write([{ kind: 'update', key: keyOf('a'), remove: ['gone'] }]);
    const known = (await table.get(keyOf('a'))) ?? {};
    expect(Object.keys(known)).toEqual(Object.keys(item)); // V8 keeps an object whose fields are deleted as a table of names.
    expect(known).toEqual({ pk: 'p', sk: 'a', keep: 2 });
    const isUnset: WriteOp = { kind: 'check', key: keyOf('a'), conditions: [{ kind: 'unset', field: 'gone' }] };
    expect(await table.write([isUnset])).toEqual({ ok: true });
    table.close();
    table = new SqliteTable(join(folder, 'table.sqlite'), { keepsRecent: () => keepsRecent });
    expect(await table.get(keyOf('a'))).toStrictEqual({ pk: 'p', sk: 'a', keep: 2 });
  });

  test('a close stores what is under way', async () => {
    const writes = Array.from({ length: 300 }, async (_, n) => table.write([put(`n${n}`, n)]));
    table.close();
    expect(await Promise.all(writes)).toEqual(writes.map(() => ({ ok: true })));
    table = new SqliteTable(join(folder, 'table.sqlite'));
    expect(await table.get(keyOf('n299'))).toMatchObject({ value: 299 });
  });
});
