import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { digestBytes } from '../../../shared/core/digest.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { dataKeyPk, dataKeyPrefix, DataKeyRecord, isLiving } from '../../../shared/encryption/data-key-record.ts';
import { findWrappedBy, rewrapDataKeys } from '../../../shared/encryption/rewrap-data-keys.ts';
import { open, seal, type Sealing } from '../../../shared/encryption/seal.ts';
import { shredOp } from '../../../shared/encryption/shred-op.ts';
import { TableDataKeys } from '../../../shared/encryption/table-data-keys.ts';
import { Period } from '../../../shared/port/keys/data-keys.ts';
import type { WrappingKeyRing } from '../../../shared/embedded/wrapping/wrapping-key-ring.ts';
import { buildDeps, type TestHome } from '../../support/build-deps.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const tenant = TenantId.parse('acme');
const january = Period.parse('2026-01');
const monthMs = 31 * 86_400_000;
const minuteMs = 60_000;
const what = (purpose: Sealing['purpose'], text = 'text', owner = tenant): Sealing => ({
  tenant: owner,
  purpose,
  digest: digestBytes(text),
});

let home: TestHome;
beforeEach(() => {
  home = buildDeps();
});
afterEach(() => home.close());

const sealed = (about: Sealing, text = 'text'): Promise<Uint8Array> => seal(home.deps.dataKeys, about, Buffer.from(text));
const rows = async (): Promise<DataKeyRecord[]> =>
  (await home.table.query({ pk: dataKeyPk(tenant), limit: 100 })).items.map((item) => DataKeyRecord.parse(item));

/** Destroys the living data keys of January; answers how many there were. */
async function shred(purpose: Sealing['purpose']): Promise<number> {
  const { items } = await home.table.query({ pk: dataKeyPk(tenant), prefix: dataKeyPrefix(purpose, january), limit: 1_000 });
  const living = items.map((item) => DataKeyRecord.parse(item)).filter(isLiving);
  await home.table.write(living.map((record) => shredOp(record, home.clock.now())));
  home.deps.dataKeys.forget();
  return living.length;
}

describe('shredding a month', () => {
  test('destroys what was sealed in it for this tenant and purpose, and nothing else', async () => {
    const gone = await sealed(what('log'));
    const kept = [
      { about: what('receipt'), envelope: await sealed(what('receipt')) },
      { about: what('log', 'text', TenantId.parse('beta')), envelope: await sealed(what('log', 'text', TenantId.parse('beta'))) },
    ];
    home.clock.advance(monthMs);
    kept.push({ about: what('log'), envelope: await sealed(what('log')) });
    expect(await shred('log')).toBe(1);
    await expect(open(home.deps.dataKeys, what('log'), gone)).rejects.toMatchObject({ code: 'mc:store:shredded' });
    for (const { about, envelope } of kept) expect(Buffer.from(await open(home.deps.dataKeys, about, envelope)).toString()).toBe('text');
    expect((await rows()).filter((row) => !isLiving(row)).map(({ id }) => id)).toEqual(['2026-01.1']);
    expect(JSON.stringify((await rows()).filter((row) => !isLiving(row)))).not.toContain('wrap');
  });

  test('is known to every other process after five minutes', async () => {
    const envelope = await sealed(what('log'));
    const other = new TableDataKeys(home.deps, { messagesAtOnce: 10 });
    home.clock.advance(monthMs);
    await open(other, what('log'), envelope);
    await shred('log');
    home.clock.advance(5 * minuteMs + 1);
    await expect(open(other, what('log'), envelope)).rejects.toMatchObject({ code: 'mc:store:shredded' });
  });

  test('leaves no wrapped key behind in the file of the table', async () => {
    const small = new TableDataKeys(home.deps, { messagesAtOnce: 1, messagesPerKey: 1 });
    for (let message = 0; message < 60; message++) await small.current(what('log'));
    const wrapped = (await rows()).filter(isLiving).map((row) => row.wrapped);
    const path = join(home.folder, 'table.sqlite');
    const intoTheFile = (): void => {
      const database = new DatabaseSync(path);
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      database.close();
    };
    const inTheFile = (): number => wrapped.filter((text) => readFileSync(path).includes(text)).length;
    intoTheFile();
    expect(inTheFile()).toBe(60);
    home.clock.advance(monthMs);
    await shred('log');
    await rows(); // Brings the file up to the journal.
    intoTheFile();
    expect(inTheFile()).toBe(0);
  });

  test('does not let its ids come back: what seals there next has a new one', async () => {
    const envelope = await sealed(what('log'));
    home.clock.advance(monthMs);
    await shred('log');
    // A clock that is a month slow.
    const late = new TableDataKeys({ ...home.deps, clock: new FakeClock() }, { messagesAtOnce: 10 });
    expect((await late.current(what('log'))).id).toBe('2026-01.2');
    await expect(open(late, what('log'), envelope)).rejects.toMatchObject({ code: 'mc:store:shredded' });
  });
});

describe('wrapping data keys anew', () => {
  const rewrapAll = async (limit: number): Promise<number> => {
    let rewrapped = 0;
    let cursor: string | undefined;
    do {
      const page = await rewrapDataKeys(home.deps, cursor, limit);
      rewrapped += page.rewrapped;
      cursor = page.cursor;
    } while (cursor !== undefined);
    return rewrapped;
  };

  test('leaves the data keys as they are, and the old wrapping key may go', async () => {
    const ring = home.deps.wrappingKey as WrappingKeyRing;
    const [first = ''] = ring.ids;
    const envelopes = new Map<Sealing, Uint8Array>();
    for (const purpose of ['data', 'log', 'receipt', 'value'] as const) envelopes.set(what(purpose), await sealed(what(purpose)));
    const second = await ring.rotate();
    expect(await findWrappedBy(home.deps, first)).toMatchObject({ wrappedBy: first });
    expect(await rewrapAll(3)).toBe(4);
    expect(await rewrapAll(3)).toBe(0);
    expect(await findWrappedBy(home.deps, first)).toBeUndefined();
    await ring.retire(first);
    home.deps.dataKeys.forget();
    for (const [about, envelope] of envelopes) expect(Buffer.from(await open(home.deps.dataKeys, about, envelope)).toString()).toBe('text');
    expect((await rows()).filter(isLiving).map(({ wrappedBy }) => wrappedBy)).toEqual(Array(4).fill(second));
  });

  test('leaves tombstones alone, and loses against a shredding', async () => {
    const ring = home.deps.wrappingKey as WrappingKeyRing;
    await sealed(what('log'));
    await sealed(what('data'));
    home.clock.advance(monthMs);
    await ring.rotate();
    await shred('log');
    const racing = {
      ...home.deps,
      wrappingKey: {
        currentId: () => ring.currentId(),
        generate: ring.generate.bind(ring),
        unwrap: ring.unwrap.bind(ring),
        rewrap: async (...about: Parameters<WrappingKeyRing['rewrap']>) => {
          const result = await ring.rewrap(...about);
          await shred('data');
          return result;
        },
      },
    };
    expect(await rewrapDataKeys(racing)).toEqual({ rewrapped: 0 });
    expect((await rows()).filter(isLiving)).toEqual([]);
  });
});
