import { beforeAll, describe, expect, test } from '@jest/globals';
import { MaestroClient } from '../../../cli/client/maestro-client.ts';
import type { Role } from '../../../shared/tenant/actor.ts';
import { echoManifest, problemOf, publish, slowMs, type TestedHome } from '../tested-home.ts';

export function describeTenants(home: TestedHome): void {
  const tenant = `e2e-other-${home.unique}`;
  const clientOf = async (sub: string, roles: readonly Role[], of = tenant): Promise<MaestroClient> =>
    new MaestroClient({ url: home.url, token: await home.tokenFor({ tenant: of, sub, roles }) });

  describe('tenants', () => {
    beforeAll(async () => {
      await home.owner.createTenant({ id: tenant, timeZone: 'Europe/Berlin', budget: { dailyMaxUSD: 12.5 }, admin: 'admin@example.com' });
    }, slowMs);

    test(
      'a new tenant has its settings and nothing in use, and its name is taken',
      async () => {
        expect(await home.owner.getTenant(tenant)).toMatchObject({
          timeZone: 'Europe/Berlin',
          quota: { maxConcurrent: 25, inUse: 0 },
          budget: { dailyMaxUSD: 12.5, spentUSD: 0, reservedUSD: 0, day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) },
        });
        expect(await problemOf(home.owner.createTenant({ id: tenant }))).toMatchObject({ code: 'mc:tenant:conflict', status: 409 });
        const reserved = await problemOf(home.owner.createTenant({ id: 'mc-mine', budget: { dailyMaxUSD: 0 } }));
        expect(reserved.issues.map(({ pointer }) => pointer)).toEqual(['/id', '/budget/dailyMaxUSD']);
      },
      slowMs,
    );

    test(
      'a caller is told its quota and budget',
      async () => {
        const me = await clientOf('admin@example.com', []);
        expect(await me.whoami()).toMatchObject({
          ...{ subject: 'admin@example.com', tenant, roles: ['admin'] },
          ...{ quotas: { maxConcurrent: 25, inUse: 0 }, budget: { dailyMaxUSD: 12.5, spentUSD: 0 } },
        });
      },
      slowMs,
    );

    test(
      'a stored role wins over the token, and a suspended member is out with the next request',
      async () => {
        const admin = await clientOf('admin@example.com', []);
        const eve = await clientOf('eve@example.com', ['admin']);
        expect((await eve.whoami()).roles).toEqual(['admin']);
        await admin.putMember(tenant, { subject: 'eve@example.com', role: 'viewer' });
        expect((await eve.whoami()).roles).toEqual(['viewer']);
        expect(await problemOf(eve.listMembers(tenant))).toMatchObject({ code: 'mc:auth:forbidden', status: 403 });
        await admin.putMember(tenant, { subject: 'eve@example.com', role: 'viewer', suspended: true, reason: 'left the team' });
        expect(await problemOf(eve.whoami())).toMatchObject({ code: 'mc:auth:forbidden', status: 403 });
        expect((await admin.listMembers(tenant)).items.map(({ subject }) => subject)).toEqual(['admin@example.com', 'eve@example.com']);
        const { items } = await admin.listAuditEvents();
        expect(items.map(({ type, data }) => [type, data.reason])).toEqual([
          ['mc.member.put', 'left the team'],
          ['mc.member.put', 'not given'],
          ['mc.tenant.create', 'not given'],
        ]);
      },
      slowMs,
    );

    test(
      'admins change their own tenant, and only the owner of the home its limits',
      async () => {
        const admin = await clientOf('admin@example.com', []);
        expect(await admin.changeTenant(tenant, { displayName: 'The other', data: { residency: {} } })).toMatchObject({
          displayName: 'The other',
        });
        expect(await problemOf(admin.changeTenant(tenant, { quota: { maxConcurrent: 500 } }))).toMatchObject({ code: 'mc:auth:forbidden' });
        expect(await home.owner.changeTenant(tenant, { quota: { maxConcurrent: 2 } })).toMatchObject({ quota: { maxConcurrent: 2 } });
        expect(await problemOf(admin.createTenant({ id: `${tenant}-x` }))).toMatchObject({ code: 'mc:auth:forbidden', status: 403 });
      },
      slowMs,
    );

    test(
      'what belongs to another tenant is not there',
      async () => {
        const { id } = await publish(home, echoManifest(`private-${home.unique}`));
        const admin = await clientOf('admin@example.com', []);
        expect(await problemOf(admin.getWorkflow(id))).toMatchObject({ status: 404 });
        expect(await problemOf(admin.startExecution({ workflow: `private-${home.unique}@1.0.0` }))).toMatchObject({ status: 404 });
        expect((await admin.listWorkflows()).items).toEqual([]);
        expect(await problemOf(admin.getTenant(home.tenant))).toMatchObject({ code: 'mc:tenant:not-found', status: 404 });
        expect((await admin.listTenants()).items.map((item) => item.id)).toEqual([tenant]);
      },
      slowMs,
    );

    test(
      'a token of a tenant that is not there is refused',
      async () => {
        const nobody = await clientOf('admin@example.com', ['admin'], `none-${home.unique}`);
        expect(await problemOf(nobody.whoami())).toMatchObject({ code: 'mc:auth:unauthenticated', status: 401 });
      },
      slowMs,
    );
  });
}
