/** What people may ask for: settings, purges by hand, the proof of them, and the same purges once more after a restore. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { listAuditEvents } from '../../../shared/audit/list-audit-events.ts';
import { idSchema } from '../../../shared/core/id.ts';
import { dataKeyKey, DataKeyRecord, isLiving } from '../../../shared/encryption/data-key-record.ts';
import { actOnExecution } from '../../../shared/execution/actions/act-on-execution.ts';
import { findExecution } from '../../../shared/execution/execution-store.ts';
import { getExecution } from '../../../shared/execution/read/get-execution.ts';
import { getReceipt } from '../../../shared/execution/read/get-receipt.ts';
import { getDeletionManifest } from '../../../shared/retention/get-deletion-manifest.ts';
import { putHold } from '../../../shared/retention/hold/put-hold.ts';
import { purgeNow, type PurgeRequest } from '../../../shared/retention/purge-now.ts';
import { queryPurges, type Purge } from '../../../shared/retention/purge/purge-record.ts';
import { endOfPeriod } from '../../../shared/encryption/period.ts';
import { isoTime } from '../../../shared/port/clock.ts';
import { DataKeyId } from '../../../shared/port/keys/data-keys.ts';
import { writeMark } from '../../../shared/retention/purge/mark.ts';
import { shredLogKeys } from '../../../shared/retention/purge/shred-log-keys.ts';
import { applyDeletionManifest } from '../../../shared/retention/reapply-purge.ts';
import { setRetention, type SetRetention } from '../../../shared/retention/set-retention.ts';
import { showRetention } from '../../../shared/retention/show-retention.ts';
import { receiptDaysMin } from '../../../shared/tenant/retention.ts';
import { buildActor } from '../../support/build-deps.ts';
import { large, openAgedHome, type AgedHome } from '../../support/retention/aged-home.ts';
import { deletionManifests } from '../../support/retention/deletion-manifests.ts';

const reason = 'a test';
const gone = { code: 'mc:execution:purged' };

let home: AgedHome;
beforeEach(async () => {
  home = await openAgedHome();
}, 60_000);
afterEach(async () => home.close());

const set = async (change: Omit<SetRetention, 'reason'>) =>
  setRetention(home.home.deps, home.actor, { tenant: 'acme', change: { ...change, reason } });
const ask = async (days: number, request: Partial<PurgeRequest> = {}) =>
  purgeNow(home.later(days), home.actor, { tenant: 'acme', request: { dryRun: false, reason, ...request } });
const purges = async (): Promise<Purge[]> => (await queryPurges(home.home.deps, home.actor.tenant, { limit: 100 })).items;

describe('settings', () => {
  test('by outcome: what is not given stays, and what was set counts for the next purge', async () => {
    await set({ logs: { failed: 365 } });
    expect((await showRetention(home.home.deps, home.actor, 'acme')).retention.logs).toEqual({ succeeded: 90, failed: 365, cancelled: 90 });
    await set({ logs: 30 });
    await home.run();
    expect(await home.purge(29)).toMatchObject({ purges: 0 });
    expect(await home.purge(31)).toMatchObject({ purges: 1 });
    const [event] = (await listAuditEvents(home.home.deps, home.actor, { limit: 100 })).items.filter(
      ({ type }) => type === 'mc.retention.set',
    );
    expect(event?.data).toMatchObject({ reason, details: { after: { logs: { failed: 30 } } } });
  });

  test.each([
    [{ receipts: receiptDaysMin - 1 }, '/receipts/succeeded'],
    [{ audit: 400 }, '/audit'],
    [{ logs: 4_000 }, '/logs/succeeded'],
    [{ data: { failed: 2_558 } }, '/data/failed'],
  ])('%j is refused: proof is kept for seven years, and nothing outlives its run', async (change, pointer) => {
    await expect(set(change)).rejects.toMatchObject({
      code: 'mc:request:invalid',
      issues: expect.arrayContaining([expect.objectContaining({ pointer })]),
    });
    expect((await showRetention(home.home.deps, home.actor, 'acme')).isDefault).toBe(true);
  });

  test('that change while a purge plans count already: the run stays', async () => {
    const run = await home.run();
    const { purgeTenant } = await import('../../../shared/retention/purge/purge-tenant.ts');
    const deps = home.later(91, async (point) => {
      if (point === 'purge:after-inventory') await set({ logs: 365 });
    });
    await purgeTenant(deps, home.actor.tenant);
    expect((await purges())[0]).toMatchObject({ counts: { runs: 0, skipped: 1 } });
    expect((await findExecution(home.home.deps, home.actor.tenant, idSchema('exec').parse(run.id)))?.logsPurge).toBeUndefined();
  });
});

describe('a purge by hand', () => {
  test('of a run under legal hold is refused with the reason, and nothing is lost', async () => {
    const run = await home.run();
    const hold = await putHold(home.home.deps, home.actor, { tenant: 'acme', hold: { scope: { kind: 'workflow', name: 'aged' }, reason } });
    await expect(ask(9_999, { execution: run.id })).rejects.toMatchObject({
      code: 'mc:retention:held',
      message: expect.stringContaining(hold.id),
    });
    expect(await getExecution(home.home.deps, home.actor, run.id)).toMatchObject({ outputs: { word: large } });
    const types = (await listAuditEvents(home.home.deps, home.actor, { limit: 100 })).items.map(({ type }) => type);
    expect(types).toContain('mc.purge.refuse');
    expect(await purges()).toEqual([]);
  });

  test('of a run that is not due is refused with the day until which it is kept', async () => {
    const run = await home.run();
    await expect(ask(1_000, { execution: run.id })).rejects.toMatchObject({
      code: 'mc:retention:not-due',
      message: expect.stringMatching(/until 20\d\d-/),
    });
  });

  test('tells in a dry run what would go and what is held, and touches nothing', async () => {
    const [free, held] = [await home.run(), await home.run()];
    const scope = { kind: 'execution', id: idSchema('exec').parse(held.id) } as const;
    const hold = await putHold(home.home.deps, home.actor, { tenant: 'acme', hold: { scope, reason } });
    const { planned } = await ask(91, { dryRun: true });
    expect(planned).toEqual([
      expect.objectContaining({ execution: free.id, kind: 'logs', holds: [] }),
      expect.objectContaining({ execution: held.id, kind: 'logs', holds: [hold.id] }),
    ]);
    expect(await purges()).toEqual([]);
    expect(await ask(91)).toMatchObject({ purges: [{ counts: { runs: 1 } }], isDone: true });
  });

  test('of an admin of the owner names that one in its audit event, and one of the home names the home', async () => {
    await home.run();
    const owner = buildActor(['admin'], 'local');
    const { purges: done } = await purgeNow(home.later(91), owner, { tenant: 'acme', request: { dryRun: false, reason, kind: 'logs' } });
    expect(done).toMatchObject([{ startedBy: owner.sub, asker: { tenant: 'local', roles: ['admin'] } }]);
    await home.run();
    await home.purge(91);
    const { items } = await listAuditEvents(home.home.deps, home.actor, { limit: 100 });
    expect(items.flatMap(({ type, data }) => (type === 'mc.purge.end' ? [data.actor] : []))).toEqual([
      { sub: 'service:retention', tenant: 'acme', roles: [] },
      { sub: owner.sub, tenant: 'local', roles: ['admin'] },
    ]);
  });

  test('takes what is free also behind as many held runs as one request takes', async () => {
    for (let count = 0; count < 20; count += 1) await home.run('short');
    await putHold(home.home.deps, home.actor, { tenant: 'acme', hold: { scope: { kind: 'workflow', name: 'aged' }, reason } });
    await home.publish("name: free\nversion: 1.0.0\ntasks: [{ id: only, uses: 'pkg:demo/echo@1.0.0', with: { n: 1 } }]\n");
    await home.finish((await home.start({ workflow: 'free' })).id);
    await home.run('short');
    expect(await ask(91)).toMatchObject({ purges: [{ kind: 'logs', counts: { runs: 1, held: 0 } }], isDone: true });
    expect((await ask(91, { dryRun: true })).planned).toHaveLength(21);
  });
});

test('inputs and outputs that go before the receipt leave their digests, and the receipt still verifies', async () => {
  await set({ data: 10 });
  const [run, small] = [await home.run(), await home.run('short')];
  await home.purge(11);
  const { deps } = home.home;
  expect((await getExecution(deps, home.actor, run.id)).outputs).toBeNull();
  expect(await getReceipt(deps, home.actor, run.id)).toMatchObject({
    outputsDocument: null,
    bundle: expect.objectContaining({ dsseEnvelope: expect.anything() }),
  });
  for (const { id } of [run, small]) {
    const { items } = await deps.table.query({ pk: `T#acme#X#${id}`, limit: 100 });
    const values = items.filter(({ sk }) => sk === 'EXEC' || sk.startsWith('TASK#')).flatMap((item) => [item['inputs'], item['outputs']]);
    for (const value of values) if (value) expect(Object.keys(value as object).sort()).toEqual(['digest', 'sizeBytes']);
  }
  await expect(actOnExecution(deps, home.actor, { action: 'replay', id: run.id, reason })).rejects.toMatchObject(gone);
});

test('audit events go after seven years, named in a manifest by id and digest', async () => {
  const { deps } = home.home;
  const before = (await listAuditEvents(deps, home.actor, { limit: 100 })).items;
  expect(before.length).toBeGreaterThan(0);
  await home.purge(receiptDaysMin - 1);
  expect((await listAuditEvents(deps, home.actor, { limit: 100 })).items.map(({ id }) => id)).toEqual(
    expect.arrayContaining(before.map(({ id }) => id)),
  );
  await home.purge(receiptDaysMin + 1);
  const after = (await listAuditEvents(deps, home.actor, { limit: 100 })).items.map(({ id }) => id);
  expect(after.filter((id) => before.some((event) => event.id === id))).toEqual([]);
  const purge = (await purges()).find(({ kind }) => kind === 'audit');
  const { inventory } = await getDeletionManifest(deps, home.actor, purge!.id);
  for (const { id } of before) expect(inventory).toContain(id);
});

test('the data key of a month of logs is shredded once every log of that month is gone, and not before', async () => {
  await home.run();
  const living = async (): Promise<string[]> => {
    const { items } = await home.home.deps.table.query({ pk: 'T#acme#DATAKEY', prefix: 'log#', limit: 100 });
    return items
      .map((item) => DataKeyRecord.parse(item))
      .filter(isLiving)
      .map(({ id }) => id);
  };
  const [key] = await living();
  expect(key).toBeDefined();
  // Long after the month, the run still has its log.
  await set({ logs: 400 });
  await home.purge(180);
  expect(await living()).toEqual([key]);
  await set({ logs: 90 });
  await home.purge(181);
  await home.purge(182);
  expect(await living()).toEqual([]);
  const purge = (await purges()).find(({ kind }) => kind === 'keys');
  const { inventory } = await getDeletionManifest(home.home.deps, home.actor, purge!.id);
  expect(inventory).toContain(key);
});

test('a month counts as over only an hour after its end: clocks of other processes may be behind', async () => {
  const { deps } = home.home;
  await deps.dataKeys.current({ tenant: home.actor.tenant, purpose: 'log' });
  const key = async (): Promise<DataKeyRecord> =>
    DataKeyRecord.parse((await deps.table.query({ pk: 'T#acme#DATAKEY', prefix: 'log#', limit: 1 })).items[0]);
  const end = endOfPeriod((await key()).createdAt);
  const shredFrom = async (minutes: number): Promise<boolean> => {
    await writeMark(deps, home.actor.tenant, 'logs', isoTime(end + minutes * 60_000));
    await shredLogKeys(home.later(91), home.actor.tenant);
    return isLiving(await key());
  };
  expect(await shredFrom(59)).toBe(true);
  expect(await shredFrom(61)).toBe(false);
});

test('a data key is shredded also where what is left of earlier ones fills more than a page', async () => {
  const { deps } = home.home;
  const { tenant } = home.actor;
  const scope = { tenant, purpose: 'log' } as const;
  const shredded = Array.from({ length: 250 }, (_, at) => {
    const id = DataKeyId.parse(`2000-01.${at + 1}`);
    return { ...dataKeyKey(scope, id), ...scope, id, createdAt: 0, reserved: 1, shreddedAt: 1 };
  });
  await deps.table.putMany(shredded);
  await home.run();
  const rows = async (): Promise<DataKeyRecord[]> =>
    (await deps.table.query({ pk: 'T#acme#DATAKEY', prefix: 'log#', limit: 1_000 })).items.map((item) => DataKeyRecord.parse(item));
  expect((await rows()).filter(isLiving)).toHaveLength(1);
  await home.purge(125);
  await home.purge(126);
  expect((await rows()).filter(isLiving)).toEqual([]);
});

describe('after a restore', () => {
  test('a manifest takes away again what the backup brought back; one of somebody else does nothing', async () => {
    const run = await home.run();
    const { deps } = home.home;
    const rows = (await deps.table.query({ pk: `T#acme#X#${run.id}`, limit: 100 })).items;
    await home.purge(receiptDaysMin + 1);
    const manifests = [];
    for await (const bundle of deletionManifests(deps, home.actor.tenant)) manifests.push(bundle);
    expect(manifests.length).toBeGreaterThan(0);
    expect((await Promise.all(manifests.map(async (bundle) => applyDeletionManifest(deps, bundle)))).filter(Boolean)).toEqual([]);
    // What the backup had; the blobs are another matter, and come back with it or do not.
    await deps.table.putMany(rows);
    expect(await findExecution(deps, home.actor.tenant, idSchema('exec').parse(run.id))).toBeDefined();
    const forged = structuredClone(manifests[0])!;
    forged.dsseEnvelope.payload = Buffer.from(
      Buffer.from(forged.dsseEnvelope.payload, 'base64').toString().replace('acme', 'beta'),
    ).toString('base64');
    await expect(applyDeletionManifest(deps, forged)).rejects.toMatchObject({ code: 'mc:receipt:invalid' });
    for (const bundle of manifests) await applyDeletionManifest(deps, bundle);
    await expect(getExecution(deps, home.actor, run.id)).rejects.toMatchObject(gone);
    expect((await purges())[0]).toMatchObject({ again: expect.stringMatching(/^purge_/), counts: { runs: 1 } });
  });
});
