import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { digestBytes } from '../../../shared/core/digest.ts';
import { McError } from '../../../shared/core/errors.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { dataKeyKey, dataKeyPk, DataKeyRecord } from '../../../shared/encryption/data-key-record.ts';
import { open, seal } from '../../../shared/encryption/seal.ts';
import { TableDataKeys } from '../../../shared/encryption/table-data-keys.ts';
import { DataKeyId, type DataKeyScope } from '../../../shared/port/keys/data-keys.ts';
import type { Table } from '../../../shared/port/table.ts';
import type { WrappingKey } from '../../../shared/port/keys/wrapping-key.ts';
import { buildDeps, type TestHome } from '../../support/build-deps.ts';
import { wrapTable } from '../../support/table/wrap-table.ts';

const tenant = TenantId.parse('acme');
const logs: DataKeyScope = { tenant, purpose: 'log' };
const dayMs = 86_400_000;
const id = (text: string): DataKeyId => DataKeyId.parse(text);

let home: TestHome;
beforeEach(() => {
  home = buildDeps();
});
afterEach(() => home.close());

interface Process {
  keys: TableDataKeys;
  /** Rows that this process read or wrote. */
  touched: { reads: number; writes: number };
}

/** The keys as another process of the same home has them. */
function newProcess(
  options: { messagesAtOnce?: number; messagesPerKey?: number; table?: Partial<Table>; wrapping?: Partial<WrappingKey> } = {},
): Process {
  const { table, wrappingKey, clock } = home.deps;
  const touched = { reads: 0, writes: 0 };
  const counting = wrapTable(table, {
    get: (key) => ((touched.reads += 1), table.get(key)),
    query: (query) => ((touched.reads += 1), table.query(query)),
    write: (ops) => ((touched.writes += 1), table.write(ops)),
    ...options.table,
  });
  const wrapping: WrappingKey = {
    currentId: () => wrappingKey.currentId(),
    generate: (context) => wrappingKey.generate(context),
    unwrap: (wrapped, context) => wrappingKey.unwrap(wrapped, context),
    rewrap: (wrapped, context) => wrappingKey.rewrap(wrapped, context),
    ...options.wrapping,
  };
  const { messagesAtOnce = 10, messagesPerKey } = options;
  const limits = messagesPerKey === undefined ? { messagesAtOnce } : { messagesAtOnce, messagesPerKey };
  return { keys: new TableDataKeys({ table: counting, wrappingKey: wrapping, clock }, limits), touched };
}

const rows = async (): Promise<DataKeyRecord[]> =>
  (await home.table.query({ pk: dataKeyPk(tenant), limit: 100 })).items.map((item) => DataKeyRecord.parse(item));
const bytesOf = ({ key }: { key: { export(): Buffer } }): string => key.export().toString('hex');

describe('the key of a month', () => {
  test('is one for all processes, and different for each tenant, purpose and month', async () => {
    const [one, two] = [newProcess(), newProcess()];
    const found = bytesOf(await one.keys.current(logs));
    expect(bytesOf(await two.keys.current(logs))).toBe(found);
    const others = [
      await one.keys.current({ ...logs, purpose: 'receipt' }),
      await one.keys.current({ ...logs, tenant: TenantId.parse('beta') }),
    ];
    home.clock.advance(17 * dayMs);
    others.push(await one.keys.current(logs));
    expect(others.map(({ id: name }) => name)).toEqual(['2026-01.1', '2026-01.1', '2026-02.1']);
    expect(new Set([found, ...others.map(bytesOf)]).size).toBe(4);
  });

  test('costs no row once it is open', async () => {
    const { keys, touched } = newProcess({ messagesAtOnce: 1_000 });
    await keys.current(logs);
    const before = { ...touched };
    await Promise.all(Array.from({ length: 500 }, () => keys.current(logs)));
    expect(touched).toEqual(before);
  });

  test('opens what it has just sealed without a row or a call', async () => {
    const { keys, touched } = newProcess({ wrapping: { unwrap: () => Promise.reject(new Error('asked')) } });
    const made = await keys.current(logs);
    const before = { ...touched };
    expect(bytesOf(await keys.open(logs, made.id))).toBe(bytesOf(made));
    expect(touched).toEqual(before);
  });

  test('made by two processes at once is the one of the winner', async () => {
    const processes = Array.from({ length: 8 }, () => newProcess());
    const keys = await Promise.all(processes.map((process) => process.keys.current(logs)));
    expect(new Set(keys.map(bytesOf)).size).toBe(1);
    expect(await rows()).toHaveLength(1);
    expect((await rows())[0]?.reserved).toBe(80);
  });

  test('is one of several where many processes start at once, and all of them open all', async () => {
    const { table, wrappingKey, clock } = home.deps;
    const many = Array.from(
      { length: 60 },
      () => new TableDataKeys({ table, wrappingKey, clock }, { messagesAtOnce: 10, messagesPerKey: 80, lanes: 4 }),
    );
    const keys = await Promise.all(many.map((process) => process.current(logs)));
    const used = (await rows()).map(({ id: name, reserved }) => ({ name, reserved }));
    expect(used.length).toBeGreaterThanOrEqual(8);
    expect(used.reduce((sum, { reserved }) => sum + reserved, 0)).toBe(600);
    expect(Math.max(...used.map(({ reserved }) => reserved))).toBeLessThanOrEqual(80);
    for (const key of keys) expect(bytesOf(await newProcess().keys.open(logs, key.id))).toBe(bytesOf(key));
  });

  test('that was made just before a crash is used by the next process', async () => {
    const lost = newProcess({
      table: {
        write: async (ops) => {
          await home.table.write(ops);
          throw new McError('mc:store:unavailable', 'the process is gone');
        },
      },
    });
    await expect(lost.keys.current(logs)).rejects.toMatchObject({ code: 'mc:store:unavailable' });
    const next = newProcess();
    expect((await next.keys.current(logs)).id).toBe('2026-01.1');
    expect(await rows()).toMatchObject([{ id: '2026-01.1', reserved: 20 }]);
  });

  test('that could not be had is asked for again', async () => {
    let isDown = true;
    const { keys } = newProcess({
      wrapping: {
        generate: (context) =>
          isDown ? Promise.reject(new McError('mc:store:unavailable', 'KMS is down')) : home.deps.wrappingKey.generate(context),
      },
    });
    await expect(Promise.all([keys.current(logs), keys.current(logs)])).rejects.toMatchObject({ code: 'mc:store:unavailable' });
    expect(await rows()).toEqual([]);
    isDown = false;
    expect((await keys.current(logs)).id).toBe('2026-01.1');
  });
});

describe('the messages of a key', () => {
  test('are reserved before they are sealed, and never more than it may seal', async () => {
    const processes = Array.from({ length: 3 }, () => newProcess({ messagesAtOnce: 10, messagesPerKey: 40 }));
    const used = new Map<string, number>();
    for (let round = 0; round < 100; round++) {
      for (const { keys } of processes) {
        const { id: name } = await keys.current(logs);
        used.set(name, (used.get(name) ?? 0) + 1);
      }
    }
    expect([...used.values()].reduce((sum, count) => sum + count, 0)).toBe(300);
    expect(Math.max(...used.values())).toBeLessThanOrEqual(40);
    const reserved = new Map((await rows()).map((row) => [row.id as string, row.reserved]));
    for (const [name, count] of used) expect(reserved.get(name)).toBeGreaterThanOrEqual(count);
    expect(Math.max(...reserved.values())).toBeLessThanOrEqual(40);
  });

  test('a burst never takes more than was reserved', async () => {
    const { keys } = newProcess({ messagesAtOnce: 10, messagesPerKey: 40 });
    const burst = await Promise.all(Array.from({ length: 95 }, () => keys.current(logs)));
    const used = new Map<string, number>();
    for (const { id: name } of burst) used.set(name, (used.get(name) ?? 0) + 1);
    expect(used).toEqual(
      new Map([
        ['2026-01.1', 40],
        ['2026-01.2', 40],
        ['2026-01.3', 15],
      ]),
    );
  });

  test('that are reserved stay reserved when the key is looked at again', async () => {
    const { keys } = newProcess({ messagesAtOnce: 100 });
    for (let day = 0; day < 5; day++) {
      await keys.current(logs);
      home.clock.advance(dayMs);
    }
    expect(await rows()).toMatchObject([{ reserved: 100 }]);
  });
});

describe('opening', () => {
  test('a key that is not there, or was never made, is refused', async () => {
    const { keys } = newProcess();
    await keys.current(logs);
    await expect(keys.open(logs, id('2026-01.2'))).rejects.toMatchObject({ code: 'mc:store:undecryptable' });
    await expect(keys.open({ ...logs, purpose: 'data' }, id('2026-01.1'))).rejects.toMatchObject({ code: 'mc:store:undecryptable' });
    await expect(keys.open({ ...logs, tenant: TenantId.parse('beta') }, id('2026-01.1'))).rejects.toMatchObject({
      code: 'mc:store:undecryptable',
    });
  });

  test('a wrapped key that was moved to another purpose, month or tenant is refused', async () => {
    const { keys } = newProcess();
    await keys.current(logs);
    const row = (await rows())[0] as object;
    for (const [scope, name] of [
      [{ ...logs, purpose: 'data' }, '2026-01.1'],
      [logs, '2025-12.1'],
      [{ ...logs, tenant: TenantId.parse('beta') }, '2026-01.1'],
    ] as const) {
      const key = dataKeyKey(scope, id(name));
      await home.table.write([{ kind: 'put', item: { ...row, ...key, ...scope, id: name } }]);
      await expect(newProcess().keys.open(scope, id(name))).rejects.toMatchObject({ code: 'mc:store:undecryptable' });
    }
  });

  test('works for ever: an old message opens in a later month, with a fresh process', async () => {
    const what = { ...logs, digest: digestBytes('old') };
    const envelope = await seal(newProcess().keys, what, Buffer.from('old'));
    home.clock.advance(400 * dayMs);
    expect(Buffer.from(await open(newProcess().keys, what, envelope)).toString()).toBe('old');
  });

  test('a store that was down a moment ago is asked again', async () => {
    const made = await newProcess().keys.current(logs);
    let isDown = true;
    const { keys } = newProcess({
      table: { get: (key) => (isDown ? Promise.reject(new McError('mc:store:unavailable', 'down')) : home.table.get(key)) },
    });
    await expect(keys.open(logs, made.id)).rejects.toMatchObject({ code: 'mc:store:unavailable' });
    isDown = false;
    expect(bytesOf(await keys.open(logs, made.id))).toBe(bytesOf(made));
  });
});
