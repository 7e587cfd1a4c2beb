/** The monitor finds what was changed behind the engine's back, and nothing in a home that was left alone. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { digestBytes, hexOf } from '../../../shared/core/digest.ts';
import { leafHash } from '../../../shared/core/merkle-hash.ts';
import { SqliteTable } from '../../../shared/embedded/sqlite/sqlite-table.ts';
import { integrateLog } from '../../../shared/log/integrate-log.ts';
import {
  batchKey,
  checkpointKey,
  edgeKey,
  headKey,
  leafKey,
  logTenant,
  monitorKey,
  pendingKey,
  tileKey,
} from '../../../shared/log/log-store.ts';
import { monitorLog } from '../../../shared/log-monitor/monitor-log.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import type { Item, Key } from '../../../shared/port/table.ts';
import { signOnce } from '../../../shared/receipt/sign/sign-once.ts';
import { systemClock } from '../../../shared/embedded/system-clock.ts';
import { metricNames } from '../../../shared/port/metrics.ts';
import { buildActor, buildDeps, type TestHome } from '../../support/build-deps.ts';
import { fileStatement, statementKey } from '../../support/log/file-statement.ts';
import { buildStatement } from '../../support/build-statement.ts';

const { tenant } = buildActor();
let home: TestHome;
let deps: Deps;
beforeEach(() => {
  home = buildDeps({ clock: systemClock });
  ({ deps } = home);
});
afterEach(() => home.close());

/** Statements that are filed and logged as the engine does it, one of them for somebody who waits for its entry. */
async function sign(...names: string[]): Promise<void> {
  const [first = '', ...others] = names;
  await Promise.all(others.map((name) => fileStatement(home, name)));
  await signOnce(deps, tenant, statementKey(first), { build: () => buildStatement({ predicate: { first } }) });
}

async function item(key: Key): Promise<Item> {
  const found = await home.table.get(key);
  if (!found) throw new Error(`${key.sk} is not there`);
  return found;
}

/** A field of an item that holds text. */
function textOf(found: Item, field: string): string {
  const value = found[field];
  if (typeof value !== 'string') throw new Error(`${field} is no text`);
  return value;
}

const put = (changed: Item): Promise<unknown> => home.table.write([{ kind: 'put', item: changed }]);
const remove = (key: Key): Promise<unknown> => home.table.write([{ kind: 'delete', key }]);

async function differences(): Promise<string[]> {
  return (await monitorLog(deps)).differences;
}

test('a home that was left alone differs in nothing, however often and however far it is looked at', async () => {
  expect(await monitorLog(deps)).toEqual({ verified: 0, size: 0, differences: [] });
  await sign('a', 'b', 'c');
  expect(await monitorLog(deps)).toEqual({ verified: 3, size: 3, differences: [] });
  await sign(...Array.from({ length: 300 }, (_, at) => `more ${at}`));
  expect(await monitorLog(deps)).toEqual({ verified: 303, size: 303, differences: [] });
  expect(await monitorLog(deps)).toEqual({ verified: 303, size: 303, differences: [] });
  expect(home.metrics.counted(metricNames.logDifferencesTotal)).toBe(0);
});

test('a look pauses every few entries, and one that is ended there goes on from what it has verified', async () => {
  let pauses = 0;
  await sign(...Array.from({ length: 100 }, (_, at) => `some ${at}`));
  await monitorLog(deps, async () => void (pauses += 1));
  expect(pauses).toBeGreaterThan(2 * (100 / 20)); // Once for what is new, and once for what is looked at again.
  await sign(...Array.from({ length: 20 }, (_, at) => `more ${at}`));
  const ended = new Error('the home closes');
  await expect(monitorLog(deps, () => Promise.reject(ended))).rejects.toBe(ended);
  expect(await monitorLog(deps)).toEqual({ verified: 120, size: 120, differences: [] });
  expect(home.metrics.counted(metricNames.logDifferencesTotal)).toBe(0);
});

describe('finds', () => {
  beforeEach(async () => {
    await sign('a', 'b', 'c');
    expect(await differences()).toEqual([]);
    await sign(...Array.from({ length: 260 }, (_, at) => `more ${at}`));
  });

  async function someLeaf(name = 'more 7'): Promise<string> {
    return textOf(await item(statementKey(name)), 'leaf');
  }

  const attacks: [string, () => Promise<unknown>, RegExp][] = [
    ['a statement that was removed', () => remove(statementKey('more 7')), /not filed/],
    ['an entry that the table forgot', async () => remove(leafKey(await someLeaf())), /is not in the table/],
    [
      'an entry with another index',
      async () => {
        const found = await item(leafKey(await someLeaf()));
        return put({ ...found, index: Number(found['index']) + 1 });
      },
      /stands in the table as entry/,
    ],
    [
      'a statement that was replaced by another good one',
      async () => {
        const other = await item(statementKey('more 8'));
        return put({ ...(await item(statementKey('more 7'))), bundleDigest: other['bundleDigest'] });
      },
      /another statement/,
    ],
    [
      'a statement filed under another entry',
      async () => put({ ...(await item(statementKey('more 7'))), leaf: await someLeaf('more 8') }),
      /filed with another entry/,
    ],
    [
      'a bundle that is gone',
      async () => {
        const digest = textOf(await item(statementKey('more 7')), 'bundleDigest');
        return remove({ pk: `T#${tenant}#BLOB#receipt`, sk: digest.slice('sha256:'.length) });
      },
      /whose bundle is gone/,
    ],
    ['a tile that is gone', () => remove(tileKey('tile/entries/000')), /is gone/],
    [
      'a tile that was replaced',
      async () => {
        const digest = await deps.blobs.put(logTenant, 'receipt', Buffer.alloc(256 * 32, 7));
        return put({ ...(await item(tileKey('tile/0/000'))), digest });
      },
      /tile\/0\/000 is not what its entries give/,
    ],
    [
      'a changed entry at the edge',
      async () => {
        const edge = await item(edgeKey);
        return put({ ...edge, entries: (edge['entries'] as string[]).with(0, '{"forged":true}') });
      },
      /another root/,
    ],
    [
      'an entry that was taken off the end',
      async () => {
        const edge = await item(edgeKey);
        return put({ ...edge, entries: (edge['entries'] as string[]).slice(0, -1) });
      },
      /another root|its checkpoint/,
    ],
    ['a checkpoint that is gone', async () => remove(checkpointKey(263)), /no checkpoint/],
    [
      'a checkpoint that somebody else signed',
      async () => {
        const found = await item(checkpointKey(263));
        return put({
          ...found,
          note: textOf(found, 'note').replace(/\n\u2014 (\S+) .*\n$/, `\n\u2014 $1 ${Buffer.alloc(68, 3).toString('base64')}\n`),
        });
      },
      /not signed by the log/,
    ],
    [
      'a checkpoint of before, that was changed',
      async () => put({ ...(await item(checkpointKey(263))), ...checkpointKey(3) }),
      /not the one that was verified/,
    ],
    [
      'a log that was cut back',
      async () => {
        const note = textOf(await item(checkpointKey(3)), 'note');
        const head = await item(headKey);
        await put({ ...(await item(monitorKey)), size: 3 });
        return put({ ...head, size: 2, published: { size: 2, note } });
      },
      /the log had 3 entries, and has 2 now/,
    ],
  ];

  test.each(attacks)('%s', async (_what, attack, expected) => {
    await integrateLog(deps);
    await attack();
    const found = await differences();
    expect(found.join('\n')).toMatch(expected);
    expect(home.metrics.counted(metricNames.logDifferencesTotal)).toBe(found.length);
    // It is found until somebody mends it.
    expect((await differences()).join('\n')).toMatch(expected);
  });

  test('a log that began anew, which the sequencer does not do while a trace of the old one is there', async () => {
    for (const key of [headKey, edgeKey, batchKey]) await remove(key);
    await expect(sign('new')).rejects.toMatchObject({ code: 'mc:log:damaged' });
    expect((await differences()).join('\n')).toMatch(/the log had 3 entries, and has 0 now/);
    const verified = await item(monitorKey);
    for (const key of (await home.table.query({ pk: checkpointKey(0).pk, limit: 100 })).items) await remove(key);
    await expect(sign('newer')).rejects.toMatchObject({ code: 'mc:log:damaged' });
    await remove(monitorKey);
    await integrateLog(deps);
    await put({ ...verified, size: 1000 });
    expect((await differences()).join('\n')).toMatch(/the log had 1000 entries, and has \d+ now/);
  });

  test('an entry that nobody integrates, at the second look', async () => {
    const leaf = hexOf(digestBytes('waits'));
    await put({ ...pendingKey(leaf), entry: '{}', of: { ...statementKey('waits') } });
    expect(await differences()).toEqual([]);
    expect((await differences()).join('\n')).toMatch(/waits since the last look/);
  });
});

describe('finds in what it verified before', () => {
  beforeEach(async () => {
    await sign('a', 'b', 'c');
    await sign(...Array.from({ length: 260 }, (_, at) => `more ${at}`));
    await sign('last');
    expect(await differences()).toEqual([]);
  });

  const old: [string, () => Promise<unknown>, RegExp][] = [
    ['a statement that was removed', () => remove(statementKey('more 7')), /not filed/],
    ['an entry that the table forgot', async () => remove(leafKey(textOf(await item(statementKey('b')), 'leaf'))), /is not in the table/],
    ['a tile that is gone', () => remove(tileKey('tile/entries/000')), /is gone/],
    [
      'a checkpoint that is gone',
      () => remove(checkpointKey(3)),
      /entry 0 wants its proof from a checkpoint of 3 entries, which is none of its/,
    ],
    [
      'a proof from a later checkpoint than the first',
      async () => {
        const key = leafKey(textOf(await item(statementKey('b')), 'leaf'));
        return put({ ...(await item(key)), size: 264 });
      },
      /wants its proof from a checkpoint of 264 entries/,
    ],
    [
      'another log under the same key that is as long',
      async () => {
        const found = await item(edgeKey);
        const entries = (found['entries'] as string[]).with(0, '{"forged":true}');
        return put({ ...found, entries });
      },
      /another root|not that tree/,
    ],
    [
      'another checkpoint that is published, which the log signed before',
      async () => {
        const note = textOf(await item(checkpointKey(3)), 'note');
        return put({ ...(await item(headKey)), published: { size: 264, note } });
      },
      /the checkpoint that is published is not one of 264 entries/,
    ],
    [
      'a head that was rolled back to what it was',
      async () => {
        const head = await item(headKey);
        await put({ ...(await item(monitorKey)), size: 0, entries: [], levels: [''] });
        return put({ ...head, size: 3, root: Buffer.alloc(32).toString('base64') });
      },
      /the head of the log says 3 entries, and its edge of 264 is not that tree/,
    ],
    ['a head that is no head', async () => put({ ...headKey, size: 'many' }), /an item of the log is not as the engine writes it/],
    [
      'a checkpoint that is no checkpoint',
      async () => put({ ...checkpointKey(3), note: 7 }),
      /an item of the log is not as the engine writes it/,
    ],
  ];

  test.each(old)('%s', async (_what, attack, expected) => {
    await attack();
    // The patrol may be at the end of its round.
    expect([...(await differences()), ...(await differences())].join('\n')).toMatch(expected);
  });
});

test('an item that waits and is no entry is not appended, holds nothing up, and is found', async () => {
  await sign('a');
  expect(await differences()).toEqual([]);
  const name = hexOf(digestBytes('waits'));
  const of = { ...statementKey('waits') };
  await put({ ...pendingKey(name), entry: '{"forged":true}', of });
  await put({ pk: pendingKey(name).pk, sk: `${name.charAt(0)} no name` });
  const [entry, leaf] = ['{"in":"another place"}', leafHash('{"in":"another place"}').toString('hex')];
  await put({ pk: pendingKey(leaf.startsWith('0') ? '1' : '0').pk, sk: leaf, entry, of });
  await sign('b', 'c', 'd');
  await differences();
  const found = (await differences()).join('\n');
  for (const waiting of [name, `${name.charAt(0)} no name`, leaf])
    expect(found).toContain(`the entry ${waiting} waits since the last look`);
  expect(await monitorLog(deps)).toMatchObject({ verified: 4, size: 4 });
});

test('lets others have their turn: no look holds the event loop for long', async () => {
  await sign(...Array.from({ length: 300 }, (_, at) => `some ${at}`));
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await differences();
  isOver = true;
  // One for every sixteen entries, in the look and in the patrol.
  expect(turns).toBeGreaterThanOrEqual(2 * Math.floor(300 / 16));
});

test('a store that does not answer is no difference, but a look that failed', async () => {
  await sign('a');
  const find = (): Promise<never> => Promise.reject(new Error('down'));
  const blobs: Deps['blobs'] = { put: deps.blobs.put.bind(deps.blobs), find, remove: deps.blobs.remove.bind(deps.blobs) };
  await expect(monitorLog({ ...deps, blobs })).rejects.toThrow('down');
  expect(await differences()).toEqual([]);
  expect(home.table).toBeInstanceOf(SqliteTable);
});
