import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { listAuditEvents } from '../../../shared/audit/list-audit-events.ts';
import { issuesOfZod } from '../../../shared/core/zod-issues.ts';
import { createTenant, CreateTenant } from '../../../shared/tenant-admin/create-tenant.ts';
import { listMembers } from '../../../shared/tenant-admin/list-members.ts';
import { listTenants } from '../../../shared/tenant-admin/list-tenants.ts';
import { showTenant } from '../../../shared/tenant-admin/show-tenant.ts';
import { addTenant } from '../../support/add-tenant.ts';
import { buildActor, buildDeps, type TestHome } from '../../support/build-deps.ts';

const owner = buildActor(['admin'], 'local');
const page = { limit: 50 };

let home: TestHome;
beforeEach(async () => {
  home = buildDeps();
  await addTenant(home.deps, { id: 'local' });
});
afterEach(() => home.close());

const create = (request: unknown, actor = owner): ReturnType<typeof createTenant> =>
  createTenant(home.deps, actor, CreateTenant.parse(request));

describe('a new tenant', () => {
  test('gets the defaults, no usage, and nothing that was not asked for', async () => {
    expect(await create({ id: 'acme' })).toMatchObject({
      ...{ id: 'acme', displayName: 'acme', timeZone: 'Etc/UTC', data: {}, packs: [], policyKeys: [], createdBy: owner.sub, version: 1 },
      quota: { maxConcurrent: 25, resourceClasses: ['small', 'medium', 'large'], inUse: 0 },
      budget: { dailyMaxUSD: 100, spentUSD: 0, reservedUSD: 0 },
    });
    expect(await listMembers(home.deps, owner, { tenant: 'acme', ...page })).toEqual({ items: [] });
  });

  test('gets what was asked for, with its first admin', async () => {
    const request = { id: 'acme', displayName: ' Acme ', timeZone: 'Europe/Berlin', budget: { dailyMaxUSD: 0.000001 }, admin: 'eve' };
    const made = await create({ ...request, quota: { resourceClasses: ['large', 'small', 'small'] } });
    expect(made).toMatchObject({ displayName: 'Acme', timeZone: 'Europe/Berlin', budget: { dailyMaxUSD: 0.000001 } });
    expect(made.quota).toMatchObject({ maxConcurrent: 25, resourceClasses: ['small', 'large'] });
    const { items } = await listMembers(home.deps, buildActor(['admin']), { tenant: 'acme', ...page });
    expect(items).toMatchObject([{ subject: 'eve', role: 'admin', kind: 'person', suspended: false, updatedBy: owner.sub }]);
  });

  test('is made once: a second time, and one of two at once, are refused and change nothing', async () => {
    const both = await Promise.allSettled([create({ id: 'acme', admin: 'one' }), create({ id: 'acme', admin: 'two' })]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(create({ id: 'acme' })).rejects.toMatchObject({ code: 'mc:tenant:conflict' });
    const admin = buildActor(['admin']);
    expect((await listMembers(home.deps, admin, { tenant: 'acme', ...page })).items).toHaveLength(1);
    expect((await listAuditEvents(home.deps, admin, page)).items).toHaveLength(1);
  });

  test('is made by admins of the owner of the home only', async () => {
    for (const actor of [buildActor(['admin']), buildActor(['operator'], 'local')]) {
      await expect(create({ id: 'beta' }, actor)).rejects.toMatchObject({
        code: 'mc:auth:forbidden',
        message: expect.stringContaining('local'),
      });
    }
    await expect(showTenant(home.deps, owner, 'beta')).rejects.toMatchObject({ code: 'mc:tenant:not-found' });
  });
});

describe('who sees which tenants', () => {
  beforeEach(async () => {
    for (const id of ['acme', 'beta']) await create({ id });
  });
  const idsFor = async (actor: typeof owner): Promise<string[]> => (await listTenants(home.deps, actor, page)).items.map(({ id }) => id);

  test('admins of the owner see all, page by page', async () => {
    expect(await idsFor(owner)).toEqual(['acme', 'beta', 'local']);
    const first = await listTenants(home.deps, owner, { limit: 2 });
    expect(first.items.map(({ id }) => id)).toEqual(['acme', 'beta']);
    const second = await listTenants(home.deps, owner, { limit: 2, cursor: first.cursor ?? '' });
    expect([second.items.map(({ id }) => id), second.cursor]).toEqual([['local'], undefined]);
  });

  test('everybody else sees their own', async () => {
    expect(await idsFor(buildActor(['admin']))).toEqual(['acme']);
    expect(await idsFor(buildActor(['viewer'], 'local'))).toEqual(['local']);
    expect(await showTenant(home.deps, buildActor(['viewer']), 'acme')).toMatchObject({ id: 'acme' });
    for (const name of ['beta', 'local', 'none', 'NO NAME', '../beta']) {
      const call = showTenant(home.deps, buildActor(['admin']), name);
      await expect(call).rejects.toMatchObject({ code: 'mc:tenant:not-found', message: `There is no tenant ${name}.` });
    }
  });
});

describe('what cannot be set', () => {
  const cases: [string, object, { code: string; pointer: string; got?: string }][] = [
    ['a reserved name', { id: 'mc-catalog' }, { code: 'reserved', pointer: '/id', got: 'mc-catalog' }],
    ['a name with other characters', { id: 'Acme Corp' }, { code: 'invalid-format', pointer: '/id', got: 'Acme Corp' }],
    ['a budget of 0', { budget: { dailyMaxUSD: 0 } }, { code: 'too-small', pointer: '/budget/dailyMaxUSD', got: '0' }],
    ['a negative budget', { budget: { dailyMaxUSD: -1 } }, { code: 'too-small', pointer: '/budget/dailyMaxUSD', got: '-1' }],
    ['a budget beyond micro-dollars', { budget: { dailyMaxUSD: 1.2345678 } }, { code: 'too-fine', pointer: '/budget/dailyMaxUSD' }],
    ['a budget beyond any day', { budget: { dailyMaxUSD: 1_000_000.01 } }, { code: 'too-big', pointer: '/budget/dailyMaxUSD' }],
    ['a time zone nobody knows', { timeZone: 'Europe/Berln' }, { code: 'unknown-time-zone', pointer: '/timeZone', got: 'Europe/Berln' }],
    ['an offset as time zone', { timeZone: '+02:00' }, { code: 'unknown-time-zone', pointer: '/timeZone' }],
    [
      'a resource class nobody knows',
      { quota: { resourceClasses: ['smal'] } },
      { code: 'invalid-value', pointer: '/quota/resourceClasses/0' },
    ],
    ['no runs at all', { quota: { maxConcurrent: 0 } }, { code: 'too-small', pointer: '/quota/maxConcurrent', got: '0' }],
    ["a name of the home's programs", { admin: 'service:runner' }, { code: 'reserved', pointer: '/admin', got: 'service:runner' }],
  ];

  test.each(cases)('%s is refused with place, value, what is allowed and the fix', (_, change, issue) => {
    const request = { id: 'acme', ...change };
    const parsed = CreateTenant.safeParse(request);
    expect(parsed.success).toBe(false);
    const issues = parsed.error ? issuesOfZod(parsed.error, request) : [];
    expect(issues).toEqual([expect.objectContaining({ ...issue, allowed: expect.any(String), fix: expect.any(String) })]);
  });

  test('a near time zone and a near class are named', () => {
    const request = { id: 'acme', timeZone: 'Europe/Berln', quota: { resourceClasses: ['smal'] } };
    const { error } = CreateTenant.safeParse(request);
    expect(error && issuesOfZod(error, request).map(({ fix }) => fix)).toEqual([
      'Use Europe/Berlin, if that was meant.',
      'Use small, if that was meant.',
    ]);
  });

  test('everything that is wrong is told at once', () => {
    const request = { id: 'mc-x', timeZone: 'Nowhere', budget: { dailyMaxUSD: 0 }, quota: { maxConcurrent: 0 }, colour: 'red' };
    const { error } = CreateTenant.safeParse(request);
    expect(error && issuesOfZod(error, request).map(({ pointer }) => pointer)).toHaveLength(5);
  });
});
