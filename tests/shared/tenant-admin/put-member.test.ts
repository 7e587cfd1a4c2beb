import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { listAuditEvents } from '../../../shared/audit/list-audit-events.ts';
import { AuditEvent } from '../../../shared/audit/audit-event.ts';
import { issuesOfZod } from '../../../shared/core/zod-issues.ts';
import { listMembers } from '../../../shared/tenant-admin/list-members.ts';
import { putMember, PutMember } from '../../../shared/tenant-admin/put-member.ts';
import { addTenant } from '../../support/add-tenant.ts';
import { buildActor, buildDeps, type TestHome } from '../../support/build-deps.ts';

const owner = buildActor(['admin'], 'local');
const admin = buildActor(['admin']);

let home: TestHome;
beforeEach(async () => {
  home = buildDeps();
  for (const id of ['local', 'acme', 'beta']) await addTenant(home.deps, { id });
});
afterEach(() => home.close());

const put = (member: unknown, { actor = admin, tenant = 'acme' } = {}): ReturnType<typeof putMember> =>
  putMember(home.deps, actor, { tenant, member: PutMember.parse(member) });
const members = async (): Promise<unknown[]> => (await listMembers(home.deps, admin, { tenant: 'acme', limit: 50 })).items;

describe('a member', () => {
  test('is a person with a role, by whom and when', async () => {
    const stored = await put({ subject: 'eve', role: 'viewer' });
    expect(stored).toMatchObject({ subject: 'eve', role: 'viewer', kind: 'person', suspended: false, updatedBy: admin.sub });
    expect(await members()).toEqual([stored]);
  });

  test('keeps what a change does not name: a new role lifts no suspension', async () => {
    await put({ subject: 'ci', role: 'operator', kind: 'service', suspended: true });
    expect(await put({ subject: 'ci', role: 'viewer' })).toMatchObject({ role: 'viewer', kind: 'service', suspended: true });
    expect(await put({ subject: 'ci', role: 'viewer', suspended: false })).toMatchObject({ suspended: false });
  });

  test('that is changed by several at once ends as one of them wanted, with an event for each', async () => {
    await Promise.all([
      put({ subject: 'eve', role: 'viewer' }),
      put({ subject: 'eve', role: 'admin' }),
      put({ subject: 'eve', role: 'viewer', suspended: true }),
    ]);
    expect(await members()).toMatchObject([{ subject: 'eve', suspended: true }]);
    expect((await listAuditEvents(home.deps, admin, { limit: 9 })).items).toHaveLength(3);
  });

  test('can be suspended by others, not by itself', async () => {
    const itself = { subject: admin.sub, role: 'admin', suspended: true };
    await expect(put(itself)).rejects.toMatchObject({
      code: 'mc:request:invalid',
      issues: [{ pointer: '/suspended', code: 'own-member' }],
    });
    expect(await members()).toEqual([]);
    expect(await put(itself, { actor: { ...owner, sub: admin.sub } })).toMatchObject({ suspended: true });
  });

  test('that is an admin stays one until another admin says otherwise', async () => {
    const itself = { subject: admin.sub, role: 'viewer' };
    await expect(put(itself)).rejects.toMatchObject({ code: 'mc:request:invalid', issues: [{ pointer: '/role', code: 'own-member' }] });
    await expect(put({ ...itself, suspended: true })).rejects.toMatchObject({ issues: [{ pointer: '/role' }, { pointer: '/suspended' }] });
    expect(await members()).toEqual([]);
    expect(await put({ ...itself, role: 'admin' })).toMatchObject({ role: 'admin' });
    expect(await put(itself, { actor: { ...admin, sub: 'other@example.com' } })).toMatchObject({ role: 'viewer' });
  });

  test.each([
    ['by a member', ['ann', 'ben']],
    ['by a token', []],
  ])('who is an admin %s and demotes another one, who does the same, leaves one of both', async (_by, stored) => {
    for (const subject of stored) await put({ subject, role: 'admin' });
    const [ann, ben] = [
      { ...admin, sub: 'ann' },
      { ...admin, sub: 'ben' },
    ];
    const [first, second] = await Promise.allSettled([
      put({ subject: 'ben', role: 'viewer' }, { actor: ann }),
      put({ subject: 'ann', role: 'admin', suspended: true }, { actor: ben }),
    ]);
    const lost = [first, second].filter(({ status }) => status === 'rejected');
    expect(lost).toMatchObject([{ reason: { code: 'mc:auth:forbidden' } }]);
  });

  test('that was demoted while it changed itself stays demoted', async () => {
    await put({ subject: 'ann', role: 'admin' });
    await put({ subject: 'ann', role: 'viewer' });
    const late = put({ subject: 'ann', role: 'admin' }, { actor: { ...admin, sub: 'ann' } });
    await expect(late).rejects.toMatchObject({ code: 'mc:auth:forbidden' });
  });

  test('of another tenant is out of reach', async () => {
    await expect(put({ subject: 'eve', role: 'admin' }, { tenant: 'beta' })).rejects.toMatchObject({ code: 'mc:tenant:not-found' });
    await expect(put({ subject: 'eve', role: 'admin' }, { actor: owner, tenant: 'gone' })).rejects.toMatchObject({
      code: 'mc:tenant:not-found',
    });
    const foreign = listMembers(home.deps, admin, { tenant: 'beta', limit: 9 });
    await expect(foreign).rejects.toMatchObject({ code: 'mc:tenant:not-found' });
  });

  test.each([
    [
      { subject: 'eve', role: 'root' },
      { code: 'invalid-value', pointer: '/role', got: 'root', allowed: 'admin, operator, composer, viewer' },
    ],
    [
      { subject: 'eve', role: 'opertor' },
      { pointer: '/role', fix: 'Use operator, if that was meant.' },
    ],
    [
      { subject: 'service:home', role: 'admin' },
      { code: 'reserved', pointer: '/subject' },
    ],
    [
      { subject: '', role: 'admin' },
      { code: 'too-small', pointer: '/subject' },
    ],
    [{ subject: 'eve' }, { pointer: '/role', allowed: 'admin, operator, composer, viewer' }],
  ])('%j is refused', (request, issue) => {
    const { error } = PutMember.safeParse(request);
    expect(error && issuesOfZod(error, request)).toMatchObject([issue]);
  });
});

describe('audit events', () => {
  test('are CloudEvents that say who changed what, from what, to what and why; the newest first', async () => {
    await put({ subject: 'eve', role: 'viewer' });
    home.clock.advance(1_000);
    await put({ subject: 'eve', role: 'viewer', suspended: true, reason: 'left' }, { actor: owner });
    const { items } = await listAuditEvents(home.deps, admin, { limit: 9 });
    expect(items).toHaveLength(2);
    expect(AuditEvent.parse(items[0])).toMatchObject({
      ...{ specversion: '1.0', type: 'mc.member.put', subject: 'eve', datacontenttype: 'application/json' },
      source: home.deps.config.builderId,
      data: {
        actor: { sub: owner.sub, tenant: 'local', roles: ['admin'] },
        reason: 'left',
        details: { before: { role: 'viewer', suspended: false }, after: { role: 'viewer', suspended: true } },
      },
    });
    expect(items[1]).toMatchObject({ data: { reason: 'not given', details: { before: null } } });
  });

  test('are listed page by page, and those of others are not', async () => {
    for (const subject of ['a', 'b', 'c']) await put({ subject, role: 'viewer' });
    const first = await listAuditEvents(home.deps, admin, { limit: 2 });
    const second = await listAuditEvents(home.deps, admin, { limit: 2, cursor: first.cursor ?? '' });
    expect([...first.items, ...second.items].map(({ subject }) => subject)).toEqual(['c', 'b', 'a']);
    expect(await listAuditEvents(home.deps, buildActor(['admin'], 'beta'), { limit: 9 })).toEqual({ items: [] });
  });
});
