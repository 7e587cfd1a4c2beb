/** The sequencer: what is filed is logged exactly once, whoever is at work and wherever it stops. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { leafHash } from '../../../shared/core/merkle-hash.ts';
import { SoftwareLogKey } from '../../../shared/embedded/keys/software-log-key.ts';
import { checkpointText, openCheckpoint } from '../../../shared/log/checkpoint.ts';
import { integrateBatch, integrateLog } from '../../../shared/log/integrate-log.ts';
import { logEntryOp } from '../../../shared/log/log-entry-op.ts';
import { logIdentity } from '../../../shared/log/log-identity.ts';
import { batchKey, edgeItem, edgeKey, findEntryPlace, headKey, LeafRecord, leafKey, pendingKey } from '../../../shared/log/log-store.ts';
import { newestCheckpoint } from '../../../shared/log/newest-checkpoint.ts';
import { readTile } from '../../../shared/log/read-tile.ts';
import { openStoredTree } from '../../../shared/log/stored-tree.ts';
import { tilePath } from '../../../shared/log/tile-path.ts';
import { appendEntries, emptyEdge, rootOf } from '../../../shared/log/tree-edge.ts';
import { withLogEntry } from '../../../shared/log/with-log-entry.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import type { FaultPoint } from '../../../shared/port/faults.ts';
import type { Item, Key } from '../../../shared/port/table.ts';
import type { Bundle } from '../../../shared/receipt/bundle.ts';
import { signStatement } from '../../support/receipt/sign-statement.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import { buildDeps, type TestHome } from '../../support/build-deps.ts';
import { wrapTable } from '../../support/table/wrap-table.ts';
import { buildStatement } from '../../support/build-statement.ts';

let home: TestHome;
let pem: string;
let good: Bundle;
beforeEach(async () => {
  home = buildDeps();
  ({ pem } = await home.deps.signer.publicKey());
  good = await signStatement(home.deps.signer, buildStatement());
});
afterEach(() => home.close());

/** Files statements as rows of a tenant would be; only the signature tells their entries apart. Answers the names of the entries. */
async function file(count: number, name = 'r', isWanted = (_leaf: string): boolean => true): Promise<string[]> {
  const leaves: string[] = [];
  for (let at = 0; leaves.length < count; at += 1) {
    const [signature] = good.dsseEnvelope.signatures;
    const sig = Buffer.from(`${name} ${at} ${signature?.sig ?? ''}`)
      .toString('base64')
      .slice(0, 96);
    const { leaf, op } = logEntryOp({ dsseEnvelope: { ...good.dsseEnvelope, signatures: [{ sig }] } }, pem, {
      pk: 'T#acme#X',
      sk: `${name}${at}`,
    });
    if (!isWanted(leaf)) continue;
    await home.table.write([op]);
    leaves.push(leaf);
  }
  return leaves;
}

async function places(leaves: readonly string[]): Promise<LeafRecord[]> {
  return Promise.all(leaves.map(async (leaf) => LeafRecord.parse(await home.table.get(leafKey(leaf)))));
}

/** Every entry has one index of its own and the tree under the newest checkpoint consists of exactly these. */
async function expectWhole(leaves: readonly string[]): Promise<void> {
  const log = logIdentity(await home.deps.logKey.publicKey());
  const checkpoint = openCheckpoint((await newestCheckpoint(home.deps)).note, log);
  const found = await places(leaves);
  expect([...found].map(({ index }) => index).sort((a, b) => a - b)).toEqual([...leaves.keys()]);
  const tree = await openStoredTree(home.deps);
  expect([tree.size, checkpoint?.size]).toEqual([leaves.length, leaves.length]);
  const entries: string[] = [];
  for (let bundle = 0; 256 * bundle < tree.size; bundle += 1) entries.push(...(await tree.entries(bundle)));
  expect(entries.map((entry) => leafHash(entry).toString('hex')).sort()).toEqual([...leaves].sort());
  expect(rootOf(appendEntries(emptyEdge, entries).edge)).toEqual(checkpoint?.root);
  for (const leaf of leaves) expect(await home.table.get(pendingKey(leaf))).toBeUndefined();
}

describe('integration', () => {
  test('of nothing leaves the log without a checkpoint', async () => {
    expect(await integrateLog(home.deps)).toBe(0);
    await expect(newestCheckpoint(home.deps)).rejects.toMatchObject({ code: 'mc:log:not-found' });
  });

  test('in several batches gives every entry one place, and fills tiles', async () => {
    const first = await file(3, 'a');
    expect(await integrateLog(home.deps)).toBe(3);
    const second = await file(600, 'b');
    expect(await integrateLog(home.deps)).toBe(600);
    expect(await integrateLog(home.deps)).toBe(0);
    await expectWhole([...first, ...second]);
    const places0 = await places(first);
    expect(places0.map(({ index }) => index).sort()).toEqual([0, 1, 2]);
    expect(places0.every(({ size }) => size === 3)).toBe(true);
    expect((await readTile(home.deps, 'tile/entries/001')).isFull).toBe(true);
  }, 30_000);

  test('by several sequencers at once doubles nothing', async () => {
    const leaves = await file(40);
    const counts = await Promise.all(Array.from({ length: 6 }, () => integrateLog(home.deps)));
    await integrateLog(home.deps);
    expect(counts.reduce((sum, count) => sum + count)).toBe(40);
    await expectWhole(leaves);
  });

  test('loses sight of no entry while it moves', async () => {
    const [leaf = ''] = await file(1);
    const of = { pk: 'T#acme#X', sk: 'r0' };
    expect(await findEntryPlace(home.deps, leaf)).toEqual({ of });
    // Whatever is read first, the entry is integrated right after that.
    const get = async (key: Key): Promise<Item | undefined> => {
      const item = await home.table.get(key);
      await integrateLog(home.deps);
      return item;
    };
    expect(await findEntryPlace({ table: wrapTable(home.table, { get }) }, leaf)).toMatchObject({ of });
    expect(await findEntryPlace(home.deps, leaf)).toEqual({ of, index: 0, size: 1 });
    expect(await findEntryPlace(home.deps, '0'.repeat(64))).toBeUndefined();
  });

  test('goes on while entries arrive', async () => {
    const arriving = Promise.all([file(60, 'x'), file(60, 'y')]);
    const sequencers = Promise.all(
      [1, 2].map(async () => {
        for (let round = 0; round < 20; round += 1) await integrateLog(home.deps);
      }),
    );
    const leaves = (await arriving).flat();
    await sequencers;
    await integrateLog(home.deps);
    await expectWhole(leaves);
  }, 30_000);
});

describe('a round', () => {
  const inOnePartition = (leaf: string): boolean => pendingKey(leaf).pk === pendingKey('0').pk;

  test('takes all that waits, however much of it lies in one partition', async () => {
    const leaves = await file(70, 'p', inOnePartition);
    expect(await integrateLog(home.deps)).toBe(70);
    await expectWhole(leaves);
  });

  test('leaves what comes meanwhile to the next one', async () => {
    const leaves = await file(3, 'a');
    let arriving = 0;
    const faults = {
      hit: async (point: FaultPoint) => {
        if (point === 'log:after-filing' && arriving < 5) leaves.push(...(await file(1, `b${arriving++}`)));
      },
    };
    expect(await integrateLog({ ...home.deps, faults })).toBe(3);
    expect([await integrateLog(home.deps), await integrateLog(home.deps)]).toEqual([1, 0]);
    await expectWhole(leaves);
  });

  test('can be of smaller batches, each of which tells whether more waits', async () => {
    const leaves = await file(5, 'p', inOnePartition);
    const batches = [await integrateBatch(home.deps, 2), await integrateBatch(home.deps, 2), await integrateBatch(home.deps, 2)];
    expect(batches).toEqual([
      { count: 2, isMoreWaiting: true },
      { count: 2, isMoreWaiting: true },
      { count: 1, isMoreWaiting: false },
    ]);
    expect(await integrateBatch(home.deps, 2)).toEqual({ count: 0, isMoreWaiting: false });
    await expectWhole(leaves);
  });
});

describe('a sequencer that dies', () => {
  const points: FaultPoint[] = ['log:after-tiles', 'log:after-commit', 'log:after-checkpoint', 'log:after-filing'];
  const dying = (at: FaultPoint): Deps => ({
    ...home.deps,
    faults: {
      hit: (point) => {
        if (point === at) throw new Error('killed');
      },
    },
  });

  test.each(points)('%s: the next one finishes its batch, and nothing is lost or doubled', async (point) => {
    const before = await file(250, 'a');
    await integrateLog(home.deps);
    const during = await file(70, 'b');
    await expect(integrateLog(dying(point))).rejects.toThrow('killed');
    const after = await file(5, 'c');
    expect(await integrateLog(home.deps)).toBeGreaterThan(0);
    await expectWhole([...before, ...during, ...after]);
  });

  test('in the middle of filing leaves the rest to the next one', async () => {
    const leaves = await file(120);
    let writes = 0;
    const table = wrapTable(home.table, {
      write: (ops) => (++writes === 4 ? Promise.reject(new Error('killed')) : home.table.write(ops)),
    });
    await expect(integrateLog({ ...home.deps, table })).rejects.toThrow('killed');
    await integrateLog(home.deps);
    await expectWhole(leaves);
  });

  test('never has signed a tree that is not the log: the signature follows the commit', async () => {
    await file(3);
    const signed: string[] = [];
    const { logKey } = home.deps;
    const watched = {
      publicKey: () => logKey.publicKey(),
      sign: (text: Uint8Array) => (signed.push(Buffer.from(text).toString()), logKey.sign(text)),
    };
    await expect(integrateLog({ ...dying('log:after-commit'), logKey: watched })).rejects.toThrow('killed');
    expect(signed).toEqual([]);
    await integrateLog({ ...home.deps, logKey: watched });
    expect(signed).toHaveLength(1);
    expect((await newestCheckpoint(home.deps)).note.startsWith(signed[0] ?? '-')).toBe(true);
  });

  test('whose key signs something else publishes nothing', async () => {
    await file(1);
    const other = new SoftwareLogKey(generateKeyPairSync('ed25519').privateKey);
    const logKey = { publicKey: () => home.deps.logKey.publicKey(), sign: (text: Uint8Array) => other.sign(text) };
    await expect(integrateLog({ ...home.deps, logKey })).rejects.toThrow('does not verify');
    await expect(newestCheckpoint(home.deps)).rejects.toMatchObject({ code: 'mc:log:not-found' });
  });
});

/** Somebody who can write the table, and wants the log to sign what it did not say. */
describe('a sequencer whose items were changed', () => {
  const signed: string[] = [];
  const watchedDeps = (): Deps => {
    const { logKey } = home.deps;
    const sign = (text: Uint8Array): Promise<Uint8Array> => (signed.push(Buffer.from(text).toString()), logKey.sign(text));
    return { ...home.deps, logKey: { publicKey: () => logKey.publicKey(), sign } };
  };
  const at = async (key: Key): Promise<Item> => (await home.table.get(key)) ?? { ...key };
  const put = (item: Item): Promise<unknown> => home.table.write([{ kind: 'put', item }]);
  const forgedRoot = leafHash('forged').toString('base64');

  beforeEach(async () => {
    await file(300, 'a');
    await integrateLog(home.deps);
    signed.length = 0;
  });

  const changes: [string, () => Promise<unknown>][] = [
    [
      'a head that says the last batch is not filed, of another root',
      async () => put({ ...(await at(headKey)), isFiled: false, root: forgedRoot }),
    ],
    [
      'head and edge of another tree, as if a crash had left them',
      async () => {
        const { edge } = appendEntries(
          emptyEdge,
          Array.from({ length: 301 }, (_, index) => `forged ${index}`),
        );
        await put(edgeItem(edgeKey, edge));
        await put({ ...(await at(batchKey)), version: 2, leaves: [leafHash('forged 300').toString('hex')] });
        return put({ ...(await at(headKey)), isFiled: false, version: 2, size: 301, root: rootOf(edge).toString('base64') });
      },
    ],
    [
      'a batch of another version, which would be tried for ever',
      async () => {
        await put({ ...(await at(headKey)), isFiled: false });
        return put({ ...(await at(batchKey)), version: 7 });
      },
    ],
    [
      'head and edge of another tree of the same size',
      async () => {
        const { edge } = appendEntries(
          emptyEdge,
          Array.from({ length: 300 }, (_, index) => `forged ${index}`),
        );
        await put(edgeItem(edgeKey, edge));
        return put({ ...(await at(headKey)), root: rootOf(edge).toString('base64') });
      },
    ],
    [
      'an edge that was cut off',
      async () => {
        const { edge } = appendEntries(
          emptyEdge,
          Array.from({ length: 3 }, (_, index) => `a ${index}`),
        );
        return put(edgeItem(edgeKey, edge));
      },
    ],
    ['a head that is gone', () => home.table.write([{ kind: 'delete', key: headKey }])],
    ['a log that would begin anew', () => home.table.write([headKey, edgeKey, batchKey].map((key) => ({ kind: 'delete', key }) as const))],
    [
      'a checkpoint in the head that the log did not sign',
      async () => {
        const head = await at(headKey);
        const note = `${checkpointText({ origin: 'log.example.com', size: 300, root: leafHash('x') })}\n\u2014 log.example.com AAAAAAAA\n`;
        return put({ ...head, published: { size: 300, note } });
      },
    ],
  ];

  test.each(changes)('signs nothing for %s', async (_what, change) => {
    await change();
    await file(3, 'b');
    await expect(integrateLog(watchedDeps())).rejects.toMatchObject({ code: 'mc:log:damaged' });
    expect(signed).toEqual([]);
  });

  test('appends no entry but those that are what they are called, and each once', async () => {
    const { leaf, op } = logEntryOp(good, pem, { pk: 'T#acme#X', sk: 'good' });
    if (op.kind !== 'put') throw new Error('an entry is put');
    await home.table.write([op]);
    await put({ ...op.item, entry: '{"forged":true}' });
    const [wrongPlace] = await file(1, 'c');
    const item = await at(pendingKey(wrongPlace ?? ''));
    await home.table.write([{ kind: 'delete', key: pendingKey(wrongPlace ?? '') }]);
    await put({ ...item, pk: pendingKey(item.sk.startsWith('0') ? '1' : '0').pk });
    expect(await integrateLog(home.deps)).toBe(0);
    expect(await home.table.get(leafKey(leaf))).toBeUndefined();
    await file(2, 'd');
    expect(await integrateLog(home.deps)).toBe(2);
  });
});

describe('a bundle with its entry', () => {
  async function logged(): Promise<{ leaf: string; bundle: Bundle }> {
    const bundle = await signStatement(home.deps.signer, buildStatement());
    const { leaf, op } = logEntryOp(bundle, pem, { pk: 'T#acme#X', sk: 'RECEIPT' });
    await home.table.write([op]);
    return { leaf, bundle };
  }

  test('is integrated when it is asked for, verifies, and has the same bytes when the log has grown', async () => {
    await file(300);
    const { leaf, bundle } = await logged();
    const first = await withLogEntry(home.deps, bundle, leaf);
    const logs = [logIdentity(await home.deps.logKey.publicKey())];
    expect(verifyBundle(first, { pem, logs, requireLog: true }).log).toMatchObject({ size: 301, isTrusted: true, origin: logs[0]?.origin });
    await file(300, 'more');
    await integrateLog(home.deps);
    expect(await withLogEntry(home.deps, bundle, leaf)).toEqual(first);
  });

  test('of a statement from before the log stays as it was', async () => {
    expect(await withLogEntry(home.deps, good, undefined)).toBe(good);
    expect(verifyBundle(good, { pem }).log).toBeNull();
    expect(() => verifyBundle(good, { pem, requireLog: true })).toThrow('no transparency log');
  });

  test('is not made up when the log never had it, or lost it', async () => {
    const { leaf, bundle } = await logged();
    await expect(withLogEntry(home.deps, bundle, '0'.repeat(64))).rejects.toMatchObject({ code: 'mc:log:damaged' });
    await withLogEntry(home.deps, bundle, leaf);
    await home.table.write([{ kind: 'update', key: leafKey(leaf), set: { index: 1 } }]);
    await expect(withLogEntry(home.deps, bundle, leaf)).rejects.toMatchObject({ code: 'mc:log:damaged' });
  });

  test('is not made from a tree whose entries were changed', async () => {
    await file(10);
    const { leaf, bundle } = await logged();
    await withLogEntry(home.deps, bundle, leaf);
    const edge = await home.table.get({ pk: 'SYS#LOG', sk: 'EDGE' });
    const levels = [Buffer.alloc(11 * 32, 7).toString('base64')];
    await home.table.write([{ kind: 'put', item: { ...edge, pk: 'SYS#LOG', sk: 'EDGE', levels } }]);
    await expect(withLogEntry(home.deps, bundle, leaf)).rejects.toMatchObject({ code: 'mc:log:damaged' });
  });

  test('comes late when another sequencer holds the batch, and is not waited for without end', async () => {
    const { leaf, bundle } = await logged();
    const stuck = wrapTable(home.table, { write: async () => ({ ok: false, failed: [0] }) });
    const late = withLogEntry({ ...home.deps, table: stuck }, bundle, leaf);
    const answer = expect(late).rejects.toMatchObject({ code: 'mc:log:behind' });
    for (let step = 0; step < 400; step += 1) {
      home.clock.advance(25);
      await new Promise(setImmediate);
    }
    await answer;
  });
});

describe('tiles', () => {
  test('that are full are answered without the edge, which is large and anybody may ask', async () => {
    await file(256);
    await integrateLog(home.deps);
    const asked: string[] = [];
    const table = wrapTable(home.table, { get: (key) => (asked.push(key.sk), home.table.get(key)) });
    expect((await readTile({ ...home.deps, table }, 'tile/0/000')).bytes).toHaveLength(256 * 32);
    expect(asked).toEqual(['tile/0/000']);
    await home.table.write([{ kind: 'delete', key: { pk: 'SYS#LOG#TILE', sk: 'tile/0/000' } }]);
    await expect(readTile(home.deps, 'tile/0/000')).rejects.toMatchObject({ code: 'mc:log:damaged' });
  });

  test('of any width that the log has reached are answered for ever', async () => {
    await file(20);
    await integrateLog(home.deps);
    const at20 = await readTile(home.deps, tilePath({ level: 0, index: 0, width: 20 }));
    const entries20 = await readTile(home.deps, tilePath({ level: 'entries', index: 0, width: 20 }));
    await file(280, 'more');
    await integrateLog(home.deps);
    expect((await readTile(home.deps, 'tile/0/000.p/20')).bytes).toEqual(at20.bytes);
    expect((await readTile(home.deps, 'tile/entries/000.p/20')).bytes).toEqual(entries20.bytes);
    expect((await readTile(home.deps, 'tile/1/000.p/1')).bytes).toHaveLength(32);
  });

  test.each(['tile/0/000', 'tile/0/000.p/21', 'tile/1/000.p/1', 'tile/entries/000.p/21', 'tile/0/001.p/1', 'checkpoint', 'tile/0/../0'])(
    '%s is not there',
    async (path) => {
      await file(20);
      await integrateLog(home.deps);
      await expect(readTile(home.deps, path)).rejects.toMatchObject({ code: 'mc:log:not-found' });
    },
  );
});
