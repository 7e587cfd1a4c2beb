import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { resolveActor } from '../../../shared/tenant/resolve-actor.ts';
import { putMemberOp } from '../../../shared/tenant/tenant-store.ts';
import type { Member } from '../../../shared/tenant/tenant.ts';
import { addTenant } from '../../support/add-tenant.ts';
import { buildActor, buildDeps, type TestHome } from '../../support/build-deps.ts';

const acme = TenantId.parse('acme');
const member = (more: Partial<Member> = {}): Member => ({
  subject: 'admin@example.com',
  role: 'viewer',
  kind: 'person',
  suspended: false,
  updatedAt: '2026-01-01T00:00:00.000Z',
  updatedBy: 'admin@local',
  ...more,
});

let home: TestHome;
beforeEach(async () => {
  home = buildDeps();
  await addTenant(home.deps);
  await addTenant(home.deps, { id: 'beta' });
});
afterEach(() => home.close());

describe('a caller', () => {
  test('who is no stored member has the roles of the token', async () => {
    expect(await resolveActor(home.deps, buildActor(['operator']))).toEqual(buildActor(['operator']));
  });

  test('who is a stored member has that role, more or less than the token says', async () => {
    await home.table.write([putMemberOp(acme, member())]);
    expect(await resolveActor(home.deps, buildActor(['admin']))).toMatchObject({ roles: ['viewer'] });
    await home.table.write([putMemberOp(acme, member({ subject: 'viewer@example.com', role: 'admin' }))]);
    expect(await resolveActor(home.deps, buildActor(['viewer']))).toMatchObject({ roles: ['admin'] });
  });

  test('who is a stored service is one, and keeps what the token says of its workload', async () => {
    await home.table.write([putMemberOp(acme, member({ kind: 'service' }))]);
    const claimed = { ...buildActor(['admin']), spiffeId: 'spiffe://example.org/ci' };
    expect(await resolveActor(home.deps, claimed)).toEqual({ ...claimed, roles: ['viewer'], isService: true });
  });

  test('who is suspended may do nothing, and may again with the next request after that was lifted', async () => {
    const suspended = member({ suspended: true });
    await home.table.write([putMemberOp(acme, suspended)]);
    await expect(resolveActor(home.deps, buildActor(['admin']))).rejects.toMatchObject({ code: 'mc:auth:forbidden' });
    await home.table.write([putMemberOp(acme, member(), suspended)]);
    expect(await resolveActor(home.deps, buildActor(['admin']))).toMatchObject({ roles: ['viewer'] });
  });

  test('is judged by the members of its own tenant only', async () => {
    await home.table.write([putMemberOp(acme, member({ suspended: true }))]);
    expect(await resolveActor(home.deps, buildActor(['admin'], 'beta'))).toMatchObject({ roles: ['admin'] });
  });

  test('of a tenant that is not there is not known', async () => {
    await expect(resolveActor(home.deps, buildActor(['admin'], 'gone'))).rejects.toMatchObject({ code: 'mc:auth:unauthenticated' });
  });
});

test('of two writers who read the same member one is told', async () => {
  const before = member();
  await home.table.write([putMemberOp(acme, before)]);
  expect(await home.table.write([putMemberOp(acme, member({ suspended: true }), before)])).toMatchObject({ ok: true });
  expect(await home.table.write([putMemberOp(acme, member({ role: 'admin' }), before)])).toMatchObject({ ok: false });
  expect(await home.table.write([putMemberOp(acme, member())])).toMatchObject({ ok: false });
});
