/** Texts that rows have in common: durable before the rows, read once, and what their digest says or nothing. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { digestBytes } from '../../../shared/core/digest.ts';
import { McError } from '../../../shared/core/errors.ts';
import { commonTextKey, keepCommonText, readCommonTexts, type CommonText } from '../../../shared/decision/common-text.ts';
import type { Item, Key, Table } from '../../../shared/port/table.ts';
import { buildActor, buildDeps, type TestHome } from '../../support/build-deps.ts';

const { tenant } = buildActor();
const build = (text: string): CommonText => ({ digest: digestBytes(text), text });
const text = build('{"input":{}}');

let home: TestHome;
let calls: string[];
let isBroken: boolean;
/** The table as another process has it, with what is asked of it. */
let table: Table;
beforeEach(() => {
  home = buildDeps();
  calls = [];
  isBroken = false;
  table = openTable();
});
afterEach(() => home.close());

function openTable(): Table {
  const { table: inner } = home;
  return {
    get: (key) => inner.get(key),
    getMany: (keys: readonly Key[]) => {
      calls.push(`read ${keys.length}`);
      return inner.getMany(keys);
    },
    query: (query) => inner.query(query),
    write: (ops) => inner.write(ops),
    putMany: async (items: readonly Item[]) => {
      calls.push(`write ${items.length}`);
      if (isBroken) throw new McError('mc:store:full', 'the disk is full');
      await inner.putMany(items);
    },
    probe: () => inner.probe(),
  };
}

test('a text is written once, whoever waits for it, and by every process once', async () => {
  await Promise.all([keepCommonText({ table }, tenant, text), keepCommonText({ table }, tenant, text)]);
  await keepCommonText({ table }, tenant, text);
  expect(calls).toEqual(['write 1']);
  expect(await home.table.get(commonTextKey(tenant, text.digest))).toMatchObject({ text: text.text });
  await keepCommonText({ table: openTable() }, tenant, text);
  expect(calls).toEqual(['write 1', 'write 1']);
});

test('every tenant has its own', async () => {
  const { tenant: other } = buildActor(['admin'], 'other');
  await keepCommonText({ table }, tenant, text);
  await expect(readCommonTexts({ table }, other, [text.digest])).rejects.toMatchObject({ code: 'mc:store:damaged' });
  await keepCommonText({ table }, other, text);
  expect((await readCommonTexts({ table }, other, [text.digest])).get(text.digest)).toEqual(text);
});

test('a write that failed is not taken for one that was made', async () => {
  isBroken = true;
  await expect(keepCommonText({ table }, tenant, text)).rejects.toMatchObject({ code: 'mc:store:full' });
  isBroken = false;
  await keepCommonText({ table }, tenant, text);
  expect(await home.table.get(commonTextKey(tenant, text.digest))).toMatchObject({ text: text.text });
});

test('many texts are read in as few reads as the table allows, and then not again', async () => {
  const texts = Array.from({ length: 130 }, (_, at) => build(`text ${at}`));
  for (const one of texts) await keepCommonText({ table }, tenant, one);
  const reader = openTable();
  calls = [];
  const digests = texts.map(({ digest }) => digest);
  const found = await readCommonTexts({ table: reader }, tenant, [...digests, ...digests]);
  expect(digests.map((digest) => found.get(digest))).toEqual(texts);
  expect(calls).toEqual(['read 100', 'read 30']);
  expect((await readCommonTexts({ table: reader }, tenant, digests)).get(digests[7]!)).toBe(found.get(digests[7]!));
  expect(calls).toHaveLength(2);
});

test.each<[string, () => Promise<void>]>([
  ['is gone', () => home.table.write([{ kind: 'delete', key: commonTextKey(tenant, text.digest) }]).then(() => undefined)],
  ['was changed', () => home.table.putMany([{ ...commonTextKey(tenant, text.digest), text: `${text.text} ` }])],
  ['is no text', () => home.table.putMany([{ ...commonTextKey(tenant, text.digest), text: 7 }])],
])('a text that %s is damage, and never read as something else', async (_, damage) => {
  await keepCommonText({ table }, tenant, text);
  await damage();
  await expect(readCommonTexts({ table }, tenant, [text.digest])).rejects.toMatchObject({ code: 'mc:store:damaged' });
});
