import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { listAuditEvents } from '../../../shared/audit/list-audit-events.ts';
import { issuesOfZod } from '../../../shared/core/zod-issues.ts';
import { keyIdOf } from '../../../shared/receipt/key-id.ts';
import { changeTenant, ChangeTenant } from '../../../shared/tenant-admin/change-tenant.ts';
import { showTenant } from '../../../shared/tenant-admin/show-tenant.ts';
import { pushPack } from '../../../shared/policy-catalog/push-pack.ts';
import { buildOwnPack, buildPolicyKey } from '../../support/build-own-pack.ts';
import { addTenant } from '../../support/add-tenant.ts';
import { buildActor, buildDeps, type TestHome } from '../../support/build-deps.ts';
import { wrapTable } from '../../support/table/wrap-table.ts';

const owner = buildActor(['admin'], 'local');
const admin = buildActor(['admin']);

let home: TestHome;
beforeEach(async () => {
  home = buildDeps();
  for (const id of ['local', 'acme', 'beta']) await addTenant(home.deps, { id });
});
afterEach(() => home.close());

const change = (body: unknown, { actor = admin, name = 'acme' } = {}): ReturnType<typeof changeTenant> =>
  changeTenant(home.deps, actor, { name, change: ChangeTenant.parse(body), shippedPacks: ['residency', 'budget'] });
const audited = async (): Promise<unknown[]> => (await listAuditEvents(home.deps, admin, { limit: 50 })).items;

const pemOf = (namedCurve = 'P-256'): string =>
  generateKeyPairSync('ec', { namedCurve }).publicKey.export({ type: 'spki', format: 'pem' }).toString();

function issuesOf(body: unknown): ReturnType<typeof issuesOfZod> {
  const { error } = ChangeTenant.safeParse(body);
  return error ? issuesOfZod(error, body) : [];
}

describe('a change', () => {
  test('changes what is given, leaves the rest, and tells what was before', async () => {
    const after = await change({ displayName: 'Acme', data: { residency: { banned_jurisdictions: ['XX'] } }, reason: 'new rules' });
    expect(after).toMatchObject({
      displayName: 'Acme',
      data: { residency: { banned_jurisdictions: ['XX'] } },
      version: 2,
      quota: { maxConcurrent: 1_000 },
    });
    expect(await showTenant(home.deps, admin, 'acme')).toEqual(after);
    const details = {
      displayName: { before: 'acme', after: 'Acme' },
      data: { before: {}, after: { residency: { banned_jurisdictions: ['XX'] } } },
    };
    expect(await audited()).toMatchObject([{ type: 'mc.tenant.change', subject: 'acme', data: { reason: 'new rules', details } }]);
  });

  test('replaces rule data pack by pack, and null takes it away', async () => {
    await change({ data: { residency: { banned_jurisdictions: ['XX'], sensitive_data_classes: ['pii'] }, budget: { warn_percent: 70 } } });
    await change({ data: { residency: { banned_jurisdictions: ['YY'] } } });
    expect((await change({ data: { budget: null } })).data).toEqual({ residency: { banned_jurisdictions: ['YY'] } });
  });

  test('of quota, budget, time zone and egress mode is for admins of the owner of the home only, and then nothing of it happens', async () => {
    for (const body of [
      { quota: { maxConcurrent: 5 } },
      { budget: { dailyMaxUSD: 5 } },
      { timeZone: 'Asia/Tokyo' },
      { egressMode: 'shadow' as const },
    ]) {
      const refused = change({ displayName: 'Taken', ...body });
      await expect(refused).rejects.toMatchObject({
        code: 'mc:auth:forbidden',
        message: expect.stringContaining(Object.keys(body)[0] ?? ''),
      });
    }
    expect([await showTenant(home.deps, admin, 'acme'), await audited()]).toMatchObject([{ displayName: 'acme', version: 1 }, []]);
    const after = await change({ quota: { maxConcurrent: 5 }, budget: { dailyMaxUSD: 2.5 }, timeZone: 'Asia/Tokyo' }, { actor: owner });
    expect(after).toMatchObject({ quota: { maxConcurrent: 5, resourceClasses: ['small', 'medium', 'large'] }, timeZone: 'Asia/Tokyo' });
    expect(after.budget.dailyMaxUSD).toBe(2.5);
  });

  test('of the egress mode stands in the audit event; a tenant begins enforced, and no other word is a mode', async () => {
    expect(await showTenant(home.deps, admin, 'acme')).toMatchObject({ egressMode: 'enforce' });
    expect(await change({ egressMode: 'shadow', reason: 'trial week' }, { actor: owner })).toMatchObject({ egressMode: 'shadow' });
    const details = { egressMode: { before: 'enforce', after: 'shadow' } };
    expect(await audited()).toMatchObject([{ type: 'mc.tenant.change', data: { reason: 'trial week', details } }]);
    expect(issuesOf({ egressMode: 'off' })).toMatchObject([{ pointer: '/egressMode' }]);
  });

  test('of another tenant is a change of a tenant that is not there', async () => {
    await expect(change({ displayName: 'Taken' }, { name: 'beta' })).rejects.toMatchObject({ code: 'mc:tenant:not-found' });
    await expect(change({ quota: { maxConcurrent: 1 } }, { name: 'beta' })).rejects.toMatchObject({ code: 'mc:tenant:not-found' });
  });

  test('at the same time as others is not lost', async () => {
    const packs = Array.from({ length: 3 }, (_, n) => `p${n}`);
    const request = (pack: string): Parameters<typeof changeTenant>[2] => ({
      name: 'acme',
      change: { data: { [pack]: {} } },
      shippedPacks: packs,
    });
    await Promise.all(packs.map((pack) => changeTenant(home.deps, admin, request(pack))));
    expect(await showTenant(home.deps, admin, 'acme')).toMatchObject({ version: 4, data: { p0: {}, p1: {}, p2: {} } });
    expect(await audited()).toHaveLength(3);
  });

  test('that always comes too late ends, with a conflict', async () => {
    const late = wrapTable(home.table, { write: async () => ({ ok: false, failed: [0] }) });
    const request = { name: 'acme', change: { displayName: 'Acme' }, shippedPacks: [] };
    await expect(changeTenant({ ...home.deps, table: late }, admin, request)).rejects.toMatchObject({ code: 'mc:tenant:conflict' });
  });
});

describe('rule data', () => {
  test('for a pack that nobody has is refused, and the near one is named', async () => {
    const issue = {
      code: 'unknown-pack',
      pointer: '/data/residencey',
      allowed: 'residency, budget',
      fix: expect.stringContaining('residency'),
    };
    await expect(change({ data: { residencey: {} } })).rejects.toMatchObject({ code: 'mc:request:invalid', issues: [issue] });
    expect(await audited()).toEqual([]);
  });

  test('may be set for a pack of the tenant’s own', async () => {
    const key = buildPolicyKey();
    await change({ policyKeys: [key.pem] });
    await pushPack(home.deps, admin, await buildOwnPack(key));
    expect((await change({ data: { freeze: { frozen: ['audit'] } } })).data).toEqual({ freeze: { frozen: ['audit'] } });
  });

  test.each([
    ['a list that is no list', { residency: { banned_jurisdictions: 'XX' } }, '/data/residency'],
    ['a name that the pack does not know', { egress: { allowed_host: ['api.example.com'] } }, '/data/egress'],
    ['a percentage of words', { budget: { warn_percent: 'eighty' } }, '/data/budget'],
  ])('that a pack cannot use is refused, because it would deny everything: %s', async (_what, data, pointer) => {
    const refused = changeTenant(home.deps, admin, { name: 'acme', change: ChangeTenant.parse({ data }), shippedPacks: Object.keys(data) });
    await expect(refused).rejects.toMatchObject({
      code: 'mc:request:invalid',
      issues: [{ code: 'rule-data', pointer, message: expect.any(String), allowed: expect.any(String), fix: expect.any(String) }],
    });
    expect(await showTenant(home.deps, admin, 'acme')).toMatchObject({ version: 1, data: {} });
  });

  test('stays small, in one change and over several, and shallow', async () => {
    const half = { list: 'x'.repeat(20_000) };
    expect(issuesOf({ data: { residency: { list: 'x'.repeat(40_000) } } })).toMatchObject([{ code: 'too-big', pointer: '/data' }]);
    await change({ data: { residency: { banned_jurisdictions: ['X'.repeat(20_000)] } } });
    await expect(change({ data: { budget: half } })).rejects.toMatchObject({ issues: [{ code: 'too-big', pointer: '/data' }] });
    let deep: object = {};
    for (let level = 0; level < 20; level++) deep = { deep };
    expect(issuesOf({ data: { residency: deep } })).toMatchObject([{ code: 'too-deep', pointer: '/data' }]);
    expect(issuesOf({ data: { residency: { a: [1e126] } } })).toMatchObject([{ code: 'number', pointer: '/data' }]);
  });
});

describe('policy keys', () => {
  test('are P-256, kept in one form and named by their key id', async () => {
    const pem = pemOf();
    const { policyKeys } = await change({ policyKeys: [` ${pem.replaceAll('\n', '\r\n')}`] });
    expect(policyKeys).toEqual([{ keyId: keyIdOf(pem), pem }]);
    expect((await change({ policyKeys: [] })).policyKeys).toEqual([]);
  });

  test('of another kind, private ones, nonsense and repetitions are refused', () => {
    const privatePem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
    for (const pem of [pemOf('P-384'), privatePem, 'no key', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n']) {
      const [issue] = issuesOf({ policyKeys: [pem] });
      expect(issue).toMatchObject({ code: 'invalid-key', pointer: '/policyKeys/0', allowed: expect.stringContaining('P-256') });
    }
    expect(JSON.stringify(issuesOf({ policyKeys: [privatePem] }))).not.toContain(String(privatePem).split('\n')[1]?.slice(0, 12));
    expect(issuesOf({ policyKeys: [privatePem] })).toMatchObject([{ got: 'a private key', fix: expect.stringContaining('-pubout') }]);
    const pem = pemOf();
    expect(issuesOf({ policyKeys: [pem, pem] })).toMatchObject([{ code: 'repeated', pointer: '/policyKeys/1' }]);
  });
});

test.each([{}, { reason: 'why not' }])('a change of nothing (%j) is refused', (body) => {
  expect(issuesOf(body)).toMatchObject([{ code: 'empty', pointer: '' }]);
});
