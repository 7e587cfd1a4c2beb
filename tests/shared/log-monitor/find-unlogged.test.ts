/** Receipts of executions that are in the table and not in the log. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { headKey } from '../../../shared/execution/execution-record.ts';
import { findUnlogged } from '../../../shared/log-monitor/find-unlogged.ts';
import { leafKey } from '../../../shared/log/log-store.ts';
import { monitorLog } from '../../../shared/log-monitor/monitor-log.ts';
import { getReceipt } from '../../../shared/execution/read/get-receipt.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import type { Item } from '../../../shared/port/table.ts';
import { receiptDaysMin } from '../../../shared/tenant/retention.ts';
import { openEngine, type Engine } from '../../support/open-engine.ts';
import { openAgedHome } from '../../support/retention/aged-home.ts';

const manifest = 'name: short\nversion: 1.0.0\ntasks: [{ id: a, uses: "pkg:demo/echo@1.0.0", with: { n: 1 } }]\n';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
  await engine.publish(manifest);
}, 60_000);
afterAll(() => engine.close());

async function receiptRow(): Promise<Item> {
  const { id } = await engine.finish((await engine.start({ workflow: 'short' })).id);
  await getReceipt(engine.home.deps, engine.actor, id);
  const row = await engine.home.deps.table.get({ pk: `T#acme#X#${id}`, sk: 'RECEIPT' });
  if (!row) throw new Error('there is no receipt');
  return row;
}

const look = async (): Promise<string[]> => (await monitorLog(engine.home.deps)).differences;

test('finds a receipt whose entry the table forgot, one that was filed past the log, and a sealed run without one', async () => {
  const { table } = engine.home.deps;
  const row = await receiptRow();
  const { leaf, ...unlogged } = row;
  if (typeof leaf !== 'string') throw new Error('the receipt has no leaf');
  expect(await look()).toEqual([]);

  const entry = await table.get(leafKey(leaf));
  await table.write([{ kind: 'delete', key: leafKey(leaf) }]);
  expect((await look()).join()).toMatch(/has no entry in the log/);
  await table.write([{ kind: 'put', item: entry ?? row }]);

  const signedAt = new Date().toISOString();
  await table.write([{ kind: 'put', item: { ...unlogged, pk: row.pk, sk: row.sk, signedAt } }]);
  expect((await look()).join()).toMatch(/was filed past the log/);
  await table.write([{ kind: 'put', item: { ...unlogged, pk: row.pk, sk: row.sk, signedAt: '2020-01-01T00:00:00.000Z' } }]);
  // A receipt of before the log needs no entry; but this one has one, which the patrol meets.
  expect((await look()).join()).toMatch(/^entry \d+ speaks of the statement RECEIPT, which is not filed: nothing says that it was purged$/);

  await table.write([{ kind: 'delete', key: { pk: row.pk, sk: row.sk } }]);
  expect((await look()).join()).toMatch(/sealed without a receipt/);
  await table.write([{ kind: 'put', item: row }]);
  expect(await look()).toEqual([]);
});

test('finds a receipt that was filed with the entry of another one', async () => {
  const { table } = engine.home.deps;
  const [one, other] = [await receiptRow(), await receiptRow()];
  await table.write([{ kind: 'put', item: { ...one, leaf: other['leaf'] } }]);
  expect((await look()).join('\n')).toMatch(/the receipt of exec_\w+ was filed with the entry of another statement/);
  await table.write([{ kind: 'put', item: one }]);
  expect(await look()).toEqual([]);
});

test('finds a network trace that is not in the log', async () => {
  const { deps } = engine.home;
  const { pk, sk: _sk, leaf: _leaf, ...fields } = await receiptRow();
  await deps.table.write([{ kind: 'put', item: { ...fields, pk, sk: 'EGRESS' } }]);
  expect((await look()).join()).toMatch(/the network trace of exec_\w+ was filed past the log/);
  await deps.table.write([{ kind: 'delete', key: { pk, sk: 'EGRESS' } }]);
  expect(await look()).toEqual([]);
});

test('a run that a purge took while the runs were gone through is no difference', async () => {
  const home = await openAgedHome();
  try {
    const { id } = await home.run();
    let rounds = 0;
    const pause = async (): Promise<void> => {
      if (rounds++ === 0) await home.purge(receiptDaysMin + 1);
    };
    const { table } = home.home.deps;
    expect(await findUnlogged({ table, pause }, 0)).toEqual([]);
    expect(await table.get(headKey(home.actor.tenant, id))).toHaveProperty('tombstone');
    expect(rounds).toBeGreaterThan(0);
  } finally {
    await home.close();
  }
});

test('comes to every run in the end, also where a tenant has more than one look takes', async () => {
  const { table } = engine.home.deps;
  const { pk, sk: _sk, leaf: _leaf, ...fields } = await receiptRow();
  const trace = { pk, sk: 'EGRESS' };
  await table.write([{ kind: 'put', item: { ...fields, ...trace } }]);
  // Newer runs stand before it, so that the look at the newest ones does not come to it.
  const heads = Array.from({ length: 520 }, (_, at) => ({
    pk: `T#acme#X#newer${at}`,
    sk: 'EXEC',
    gsi1pk: 'T#acme#X',
    gsi1sk: `9999-12-31T00:00:00.000Z#${String(at).padStart(4, '0')}`,
    receiptId: null,
  }));
  await table.putMany(heads);
  expect(await look()).toEqual([]);
  const later = [...(await look()), ...(await look()), ...(await look())];
  expect(later.join()).toMatch(/was filed past the log/);
  for (const key of [trace, ...heads]) await table.write([{ kind: 'delete', key: { pk: key.pk, sk: key.sk } }]);
  await look();
});

test('a receipt of before the log is answered as it was signed, and verifies as not logged', async () => {
  const { deps } = engine.home;
  const { leaf, ...old } = await receiptRow();
  expect(leaf).toMatch(/^[0-9a-f]{64}$/);
  await deps.table.write([{ kind: 'put', item: { ...old, pk: old.pk, sk: old.sk, signedAt: '2020-01-01T00:00:00.000Z' } }]);
  const { bundle } = await getReceipt(deps, engine.actor, old.pk.split('#').at(-1) ?? '');
  expect(verifyBundle(bundle, { pem: (await deps.signer.publicKey()).pem }).log).toBeNull();
});
