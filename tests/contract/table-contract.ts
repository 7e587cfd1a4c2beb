/** The one suite that every adapter of the table port passes. `open` gives an empty table; `prefix` keeps suites apart on a shared one. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Json } from '../../shared/core/json/canonical-json.ts';
import { probeKey } from '../../shared/port/table-rules.ts';
import type { Item, Table, WriteOp } from '../../shared/port/table.ts';

export interface OpenTable {
  table: Table;
  /** Begins every partition key, so that runs on a shared table do not meet. */
  prefix: string;
  close(): Promise<void>;
}

export function describeTable(name: string, open: () => Promise<OpenTable>): void {
  describe(`table contract on ${name}`, () => {
    let home: OpenTable;
    let table: Table;
    let counter = 0;
    beforeAll(async () => {
      home = await open();
      table = home.table;
    }, 60_000);
    afterAll(async () => home.close());

    /** A partition of its own for every test. */
    const partition = (): string => `${home.prefix}#${counter++}`;
    const put = (item: Item): WriteOp => ({ kind: 'put', item });
    const seed = async (pk: string, sks: readonly string[]): Promise<void> => table.putMany(sks.map((sk) => ({ pk, sk, label: sk })));
    const sks = async (query: Parameters<Table['query']>[0]): Promise<string[]> => (await table.query(query)).items.map((item) => item.sk);

    test('a probe of a store that works resolves and leaves nothing behind', async () => {
      await Promise.all([table.probe(), table.probe()]);
      expect(await table.get(probeKey)).toBeUndefined();
    });

    test('an item reads back with every kind of field', async () => {
      const item = {
        pk: partition(),
        sk: 'a',
        text: 'ü',
        number: 1.5,
        flag: false,
        nothing: null,
        list: [1, 'x', { y: [] }],
        map: { deep: { er: 1 } },
      };
      expect(await table.write([put(item)])).toEqual({ ok: true });
      expect(await table.get({ pk: item.pk, sk: 'a' })).toEqual(item);
    });

    test('a missing item is undefined, alone and among others', async () => {
      const pk = partition();
      await seed(pk, ['a', 'c']);
      expect(await table.get({ pk, sk: 'b' })).toBeUndefined();
      const many = await table.getMany(['c', 'b', 'a'].map((sk) => ({ pk, sk })));
      expect(many.map((item) => item?.sk)).toEqual(['c', undefined, 'a']);
    });

    test('keys that differ only in case are different items', async () => {
      const pk = partition();
      await seed(pk, ['Key', 'key', 'KEY']);
      expect(await sks({ pk, limit: 10 })).toEqual(['KEY', 'Key', 'key']);
    });

    test('a query orders sort keys by their UTF-8 bytes', async () => {
      const pk = partition();
      const keys = ['a', 'B', '10', '9', 'é', 'z', '\u{1F600}', '\uFFFD', 'a#', 'a!'];
      await seed(pk, keys);
      const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(await sks({ pk, limit: 100 })).toEqual(sorted);
      expect(await sks({ pk, limit: 100, reverse: true })).toEqual(sorted.reverse());
    });

    test('a prefix finds what begins with it and nothing else', async () => {
      const pk = partition();
      await seed(pk, ['TASK', 'TASK#', 'TASK#a', 'TASK#\u{1F600}', 'TASL', 'TAS']);
      expect(await sks({ pk, prefix: 'TASK#', limit: 10 })).toEqual(['TASK#', 'TASK#a', 'TASK#\u{1F600}']);
    });

    test('a range includes both of its ends', async () => {
      const pk = partition();
      await seed(pk, ['1', '2', '3', '4']);
      expect(await sks({ pk, from: '2', to: '3', limit: 10 })).toEqual(['2', '3']);
      expect(await sks({ pk, from: '3', limit: 10 })).toEqual(['3', '4']);
      expect(await sks({ pk, to: '2', limit: 10, reverse: true })).toEqual(['2', '1']);
    });

    test.each([false, true])('pages cover everything once, the last one has no cursor (reverse: %s)', async (reverse) => {
      const pk = partition();
      const keys = Array.from({ length: 7 }, (_, index) => `k${index}`);
      await seed(pk, keys);
      const seen: string[] = [];
      let cursor: string | undefined;
      let pages = 0;
      do {
        const page = await table.query({ pk, limit: 3, reverse, ...(cursor && { cursor }) });
        seen.push(...page.items.map((item) => item.sk));
        cursor = page.cursor;
        pages += 1;
      } while (cursor && pages < 10);
      expect(seen).toEqual(reverse ? keys.reverse() : keys);
      expect(pages).toBe(3);
    });

    test('an index holds the items that carry its keys, equal sort keys included, and follows changes', async () => {
      const pk = partition();
      const indexed = (sk: string, gsi1sk: string): Item => ({ pk, sk, gsi1pk: `${pk}#list`, gsi1sk });
      await table.putMany([indexed('a', '2'), indexed('b', '1'), indexed('c', '2'), { pk, sk: 'd' }]);
      const list = async (): Promise<string[]> => sks({ index: 'gsi1', pk: `${pk}#list`, limit: 10 });
      await expectSoon(async () => expect([...(await list())].sort()).toEqual(['a', 'b', 'c']));
      expect((await list())[0]).toBe('b');
      await table.write([{ kind: 'update', key: { pk, sk: 'a' }, remove: ['gsi1pk', 'gsi1sk'] }]);
      await expectSoon(async () => expect([...(await list())].sort()).toEqual(['b', 'c']));
    });

    test('the second index is apart from the first', async () => {
      const pk = partition();
      await table.putMany([{ pk, sk: 'a', gsi2pk: `${pk}#open`, gsi2sk: '1' }]);
      await expectSoon(async () => expect(await sks({ index: 'gsi2', pk: `${pk}#open`, limit: 10 })).toEqual(['a']));
      expect(await sks({ index: 'gsi1', pk: `${pk}#open`, limit: 10 })).toEqual([]);
    });

    test.each([
      ['which is no list', 'not a cursor'],
      ['with a key that is too long', JSON.stringify(['x'.repeat(1_025)])],
      ['with a row and a key that is too long', JSON.stringify(['x'.repeat(1_025), 1])],
      ['with a key that has no UTF-8 form', JSON.stringify(['\ud800'])],
      ['with a row and a key that has no UTF-8 form', JSON.stringify(['\ud800', 1])],
    ])('a cursor that no list gave out is refused: one %s', async (_what, position) => {
      const cursor = Buffer.from(position).toString('base64url');
      await expect(table.query({ pk: partition(), limit: 1, cursor })).rejects.toMatchObject({ code: 'mc:request:invalid' });
    });

    test('an absent condition lets exactly one of many racing writers through', async () => {
      const pk = partition();
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, writer) =>
          table.write([{ kind: 'put', item: { pk, sk: 'slot', writer }, conditions: [{ kind: 'absent' }] }]),
        ),
      );
      expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    });

    test('a write with one failing condition changes nothing and names its position', async () => {
      const pk = partition();
      await seed(pk, ['a']);
      const result = await table.write([
        put({ pk, sk: 'b' }),
        { kind: 'put', item: { pk, sk: 'a', label: 'new' }, conditions: [{ kind: 'absent' }] },
        { kind: 'check', key: { pk, sk: 'c' }, conditions: [{ kind: 'present' }] },
      ]);
      expect(result).toEqual({ ok: false, failed: [1, 2] });
      expect(await sks({ pk, limit: 10 })).toEqual(['a']);
      expect(await table.get({ pk, sk: 'a' })).toMatchObject({ label: 'a' });
    });

    test.each([
      [{ kind: 'present' }, true],
      [{ kind: 'absent' }, false],
      [{ kind: 'compare', field: 'count', op: '=', value: 5 }, true],
      [{ kind: 'compare', field: 'count', op: '!=', value: 5 }, false],
      [{ kind: 'compare', field: 'count', op: '<', value: 10 }, true],
      [{ kind: 'compare', field: 'count', op: '<=', value: 5 }, true],
      [{ kind: 'compare', field: 'count', op: '>', value: 5 }, false],
      [{ kind: 'compare', field: 'count', op: '>=', value: 5 }, true],
      [{ kind: 'compare', field: 'count', op: '=', value: '5' }, false],
      [{ kind: 'compare', field: 'state', op: '=', value: 'open' }, true],
      [{ kind: 'compare', field: 'state', op: '<', value: 'p' }, true],
      [{ kind: 'compare', field: 'flag', op: '=', value: true }, true],
      [{ kind: 'compare', field: 'gone', op: '=', value: 1 }, false],
      [{ kind: 'compare', field: 'gone', op: '!=', value: 1 }, true],
      [{ kind: 'compare', field: 'nothing', op: '=', value: 'x' }, false],
      [{ kind: 'in', field: 'state', values: ['shut', 'open'] }, true],
      [{ kind: 'in', field: 'state', values: ['shut'] }, false],
      [{ kind: 'in', field: 'gone', values: ['shut'] }, false],
      [{ kind: 'unset', field: 'gone' }, true],
      [{ kind: 'unset', field: 'state' }, false],
      [{ kind: 'unset', field: 'nothing' }, false],
    ] as const)('the condition %j holds: %s', async (condition, holds) => {
      const pk = partition();
      await table.putMany([{ pk, sk: 'a', count: 5, state: 'open', flag: true, nothing: null }]);
      const { ok } = await table.write([{ kind: 'check', key: { pk, sk: 'a' }, conditions: [condition] }]);
      expect(ok).toBe(holds);
    });

    test('an update sets, adds and removes in one step, and leaves the rest', async () => {
      const pk = partition();
      await table.putMany([{ pk, sk: 'a', keep: 1, count: 5, gone: 'x', set: 'old' }]);
      await table.write([
        { kind: 'update', key: { pk, sk: 'a' }, set: { set: { new: true } }, add: { count: -2, fresh: 3 }, remove: ['gone'] },
      ]);
      expect(await table.get({ pk, sk: 'a' })).toEqual({ pk, sk: 'a', keep: 1, count: 3, fresh: 3, set: { new: true } });
    });

    test('an update of nothing creates the item unless a condition forbids it', async () => {
      const pk = partition();
      const update = { kind: 'update', key: { pk, sk: 'a' }, add: { count: 1 } } as const;
      expect(await table.write([{ ...update, conditions: [{ kind: 'present' }] }])).toEqual({ ok: false, failed: [0] });
      expect(await table.get({ pk, sk: 'a' })).toBeUndefined();
      await table.write([update]);
      expect(await table.get({ pk, sk: 'a' })).toEqual({ pk, sk: 'a', count: 1 });
    });

    test('racing additions all count', async () => {
      const pk = partition();
      await Promise.all(Array.from({ length: 10 }, () => table.write([{ kind: 'update', key: { pk, sk: 'a' }, add: { count: 1 } }])));
      expect(await table.get({ pk, sk: 'a' })).toMatchObject({ count: 10 });
    });

    test('a delete removes the item, and of a missing one nothing', async () => {
      const pk = partition();
      await seed(pk, ['a']);
      await table.write([
        { kind: 'delete', key: { pk, sk: 'a' } },
        { kind: 'delete', key: { pk, sk: 'b' } },
      ]);
      expect(await sks({ pk, limit: 10 })).toEqual([]);
    });

    test('an item just under 400 KB is stored, one over it is refused, by put and by update', async () => {
      const pk = partition();
      const kilobytes = (count: number): string => 'x'.repeat(count * 1024);
      expect(await table.write([put({ pk, sk: 'a', body: kilobytes(398) })])).toEqual({ ok: true });
      await expect(table.write([put({ pk, sk: 'b', body: kilobytes(401) })])).rejects.toMatchObject({ code: 'mc:store:refused' });
      await expect(table.putMany([{ pk, sk: 'b', body: kilobytes(401) }])).rejects.toMatchObject({ code: 'mc:store:refused' });
      const update = table.write([{ kind: 'update', key: { pk, sk: 'a' }, set: { more: kilobytes(10) } }]);
      await expect(update).rejects.toMatchObject({ code: 'mc:store:refused' });
      expect(await sks({ pk, limit: 10 })).toEqual(['a']);
    });

    test('a field of 32 levels is stored, one of 33 is refused, by put, by update and in bulk', async () => {
      const pk = partition();
      // The innermost value is a level of its own.
      const lists = (levels: number): Json => (levels === 1 ? 1 : [lists(levels - 1)]);
      const maps = (levels: number): Json => (levels === 1 ? 'x' : { y: 1, x: maps(levels - 1) });
      const stored = { pk, sk: 'a', list: lists(32), map: maps(32) };
      expect(await table.write([put(stored)])).toEqual({ ok: true });
      expect(await table.write([{ kind: 'update', key: { pk, sk: 'b' }, set: { map: maps(32) } }])).toEqual({ ok: true });
      await table.putMany([{ pk, sk: 'c', list: lists(32) }]);
      expect(await table.get({ pk, sk: 'a' })).toEqual(stored);
      for (const deep of [lists(33), maps(33), [1, { x: maps(31) }], lists(400)]) {
        await expect(table.write([put({ pk, sk: 'd', first: [1], deep })])).rejects.toMatchObject({ code: 'mc:store:refused' });
        await expect(table.putMany([{ pk, sk: 'd', deep }])).rejects.toMatchObject({ code: 'mc:store:refused' });
        const update = table.write([{ kind: 'update', key: { pk, sk: 'a' }, set: { deep } }]);
        await expect(update).rejects.toMatchObject({ code: 'mc:store:refused' });
      }
      expect(await sks({ pk, limit: 10 })).toEqual(['a', 'b', 'c']);
    });

    test('100 ops are one write, 101 and 0 are refused', async () => {
      const pk = partition();
      const ops = (count: number): WriteOp[] => Array.from({ length: count }, (_, index) => put({ pk, sk: `k${index}` }));
      expect(await table.write(ops(100))).toEqual({ ok: true });
      await expect(table.write(ops(101))).rejects.toMatchObject({ code: 'mc:store:refused' });
      await expect(table.write([])).rejects.toMatchObject({ code: 'mc:store:refused' });
    });

    test('two ops on one item, empty keys and oversized keys are refused', async () => {
      const pk = partition();
      const cases: WriteOp[][] = [
        [put({ pk, sk: 'a' }), { kind: 'delete', key: { pk, sk: 'a' } }],
        [put({ pk: '', sk: 'a' })],
        [put({ pk, sk: '' })],
        [put({ pk, sk: 'a', gsi1pk: '', gsi1sk: 'x' })],
        [put({ pk, sk: 'x'.repeat(1025) })],
        [put({ pk: 'x'.repeat(2049), sk: 'a' })],
      ];
      for (const ops of cases) await expect(table.write(ops)).rejects.toMatchObject({ code: 'mc:store:refused' });
      expect(await sks({ pk, limit: 10 })).toEqual([]);
    });

    test('a page of nothing or of more than 1,000 is refused', async () => {
      const pk = partition();
      for (const limit of [0, 1_001, 1.5]) await expect(table.query({ pk, limit })).rejects.toMatchObject({ code: 'mc:store:refused' });
    });

    test('a bulk put of more than a transaction stores everything', async () => {
      const pk = partition();
      await seed(
        pk,
        Array.from({ length: 130 }, (_, index) => `k${String(index).padStart(3, '0')}`),
      );
      expect(await sks({ pk, limit: 1_000 })).toHaveLength(130);
    });
  });
}

/** An index may lag behind the table; two seconds are ample even for an emulator. */
async function expectSoon(assert: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + 2_000;
  for (;;) {
    try {
      await assert();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
