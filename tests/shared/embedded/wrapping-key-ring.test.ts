import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SqliteTable } from '../../../shared/embedded/sqlite/sqlite-table.ts';
import { openWrappingKeyRing } from '../../../shared/embedded/wrapping/wrapping-key-ring.ts';
import type { EncryptionContext } from '../../../shared/port/keys/wrapping-key.ts';

const context: EncryptionContext = { application: 'maestro-conductor', tenant: 'acme', purpose: 'log', dataKey: '2026-01.1' };
const unreadable = { code: 'mc:key:unreadable' };

let folder: string;
let path: string;
let table: SqliteTable;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mc-ring-'));
  path = join(folder, 'keys', 'wrapping.json');
  table = new SqliteTable(join(folder, 'table.sqlite'));
});
afterEach(() => {
  table.close();
  rmSync(folder, { recursive: true, force: true });
});

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('the file of the wrapping keys', () => {
  test('is made at the first start, for this user only, and opens again', async () => {
    const first = await openWrappingKeyRing(table, path);
    const { key, ...wrapped } = await first.generate(context);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const again = await openWrappingKeyRing(table, path);
    expect(again.ids).toEqual(first.ids);
    expect(hex(await again.unwrap(wrapped, context))).toBe(hex(key));
  });

  test('is never made anew: when it is gone, the home does not open', async () => {
    await openWrappingKeyRing(table, path);
    rmSync(path);
    await expect(openWrappingKeyRing(table, path)).rejects.toMatchObject(unreadable);
    expect(existsSync(path)).toBe(false);
  });

  test('that others may read is refused', async () => {
    await openWrappingKeyRing(table, path);
    chmodSync(path, 0o640);
    await expect(openWrappingKeyRing(table, path)).rejects.toMatchObject({ ...unreadable, message: expect.stringContaining('0600') });
  });

  test.each([
    ['is cut off', (text: string) => text.slice(0, -20)],
    ['has a key that is too short', (text: string) => text.replace(/"key":"[^"]+"/, '"key":"c2hvcnQ="')],
    ['has no keys', () => '{"schema":"mc.wrapping-keys.v1","keys":[]}'],
    ['is of another schema', (text: string) => text.replace('v1', 'v9')],
  ])('that %s is refused, without a word of what it holds', async (_, change) => {
    await openWrappingKeyRing(table, path);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, change(text));
    const { key } = (JSON.parse(text) as { keys: [{ key: string }] }).keys[0];
    const error: unknown = await openWrappingKeyRing(table, path).catch((reason: unknown) => reason);
    expect(error).toMatchObject(unreadable);
    expect(String((error as Error).message) + String((error as Error).cause)).not.toContain(key.slice(0, 8));
  });

  test('that is older than the newest rotation is refused', async () => {
    const ring = await openWrappingKeyRing(table, path);
    const before = readFileSync(path);
    await ring.rotate();
    writeFileSync(path, before);
    await expect(openWrappingKeyRing(table, path)).rejects.toMatchObject(unreadable);
  });

  test('is believed when the home died between file and table', async () => {
    const ring = await openWrappingKeyRing(table, path);
    const recorded = await table.get({ pk: 'SYS#KEYS', sk: 'WRAPPING' });
    const id = await ring.rotate();
    if (recorded) await table.write([{ kind: 'put', item: recorded }]);
    const again = await openWrappingKeyRing(table, path);
    expect(await again.currentId()).toBe(id);
    expect(await table.get({ pk: 'SYS#KEYS', sk: 'WRAPPING' })).toMatchObject({ keyId: id });
  });

  test('is whole when a writing of it was cut off', async () => {
    const ring = await openWrappingKeyRing(table, path);
    writeFileSync(`${path}.new`, '{"sch');
    expect((await openWrappingKeyRing(table, path)).ids).toEqual(ring.ids);
    await ring.rotate();
    expect(existsSync(`${path}.new`)).toBe(false);
  });
});

describe('the ring', () => {
  test('wraps with the newest key and opens what older ones wrapped, until they are retired', async () => {
    const ring = await openWrappingKeyRing(table, path);
    const [first = ''] = ring.ids;
    const { key, ...wrapped } = await ring.generate(context);
    const second = await ring.rotate();
    expect((await ring.generate(context)).wrappedBy).toBe(second);
    expect(hex(await ring.unwrap(wrapped, context))).toBe(hex(key));
    const anew = await ring.rewrap(wrapped, context);
    expect(anew.wrappedBy).toBe(second);
    await ring.retire(first);
    expect(hex(await ring.unwrap(anew, context))).toBe(hex(key));
    await expect(ring.unwrap(wrapped, context)).rejects.toMatchObject(unreadable);
    expect((await openWrappingKeyRing(table, path)).ids).toEqual([second]);
  });

  test('keeps the key that wraps', async () => {
    const ring = await openWrappingKeyRing(table, path);
    await expect(ring.retire(ring.ids[0] ?? '')).rejects.toMatchObject({ code: 'mc:store:conflict' });
    expect(ring.ids).toHaveLength(1);
  });

  test.each(['tenant', 'purpose', 'dataKey'])('opens nothing for another %s', async (name) => {
    const ring = await openWrappingKeyRing(table, path);
    const { key: _key, ...wrapped } = await ring.generate(context);
    await expect(ring.unwrap(wrapped, { ...context, [name]: 'other' })).rejects.toMatchObject({ code: 'mc:store:undecryptable' });
  });

  test('refuses a wrapped key that was changed or cut off', async () => {
    const ring = await openWrappingKeyRing(table, path);
    const { key: _key, ...wrapped } = await ring.generate(context);
    const bytes = Buffer.from(wrapped.wrapped, 'base64');
    for (const changed of [bytes.subarray(1), bytes.subarray(0, 20), Buffer.alloc(0), Buffer.concat([bytes, Buffer.alloc(1)])])
      await expect(ring.unwrap({ ...wrapped, wrapped: changed.toString('base64') }, context)).rejects.toMatchObject({
        code: 'mc:store:undecryptable',
      });
  });
});
