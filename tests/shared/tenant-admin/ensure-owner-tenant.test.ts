import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { listAuditEvents } from '../../../shared/audit/list-audit-events.ts';
import { ensureOwnerTenant } from '../../../shared/tenant-admin/ensure-owner-tenant.ts';
import { getTenant } from '../../../shared/tenant/tenant-store.ts';
import { readUsage } from '../../../shared/tenant/usage.ts';
import { buildActor, buildDeps, type TestHome } from '../../support/build-deps.ts';

const owner = buildActor(['admin'], 'local');

let home: TestHome;
beforeEach(() => {
  home = buildDeps();
});
afterEach(() => home.close());

describe('the tenant that owns the home', () => {
  test('is made when the home is opened for the first time, by the home itself, and its audit events begin with that', async () => {
    for (const maxConcurrent of [7, 9]) await ensureOwnerTenant(home.deps, { maxConcurrent, resourceClasses: ['small'] });
    const tenant = await getTenant(home.deps, owner.tenant);
    expect(tenant).toMatchObject({ quota: { maxConcurrent: 7 }, createdBy: 'service:home', version: 1 });
    expect(await readUsage(home.deps, tenant)).toMatchObject({ inUse: 0 });
    expect((await listAuditEvents(home.deps, owner, { limit: 9 })).items).toMatchObject([
      {
        type: 'mc.tenant.create',
        subject: 'local',
        data: { actor: { sub: 'service:home', roles: [] }, details: { quota: { maxConcurrent: 7 } } },
      },
    ]);
  });
});
