import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { describeCaller } from '../../../shared/tenant/describe-caller.ts';
import { openBudgetDay, releaseUsageOps, takeUsageOps } from '../../../shared/tenant/usage.ts';
import { addTenant } from '../../support/add-tenant.ts';
import { buildActor, buildDeps, type TestHome } from '../../support/build-deps.ts';

describe('whoami', () => {
  let home: TestHome;
  beforeEach(() => {
    home = buildDeps();
  });
  afterEach(() => {
    home.close();
  });

  test('begins with the fields that scripts rely on, in their order and with nothing more in them', async () => {
    await addTenant(home.deps, { quota: { maxConcurrent: 25, resourceClasses: ['small'] }, dailyMaxUsdMicros: 500_000_000 });
    const identity = await describeCaller(home.deps, buildActor(['operator']));
    const { subject, tenant, roles, quotas, budget } = identity;
    expect(Object.keys(identity).slice(0, 5)).toEqual(['subject', 'tenant', 'roles', 'quotas', 'budget']);
    expect({ subject, tenant, roles, quotas, budget }).toEqual({
      subject: 'operator@example.com',
      tenant: 'acme',
      roles: ['operator'],
      quotas: { maxConcurrent: 25, inUse: 0 },
      budget: { dailyMaxUSD: 500, spentUSD: 0 },
    });
  });

  test('counts an open run as reserved money and an ended one as spent money', async () => {
    const tenant = await addTenant(home.deps, { timeZone: 'America/Denver' });
    const actor = buildActor();
    const { day } = await describeCaller(home.deps, actor);
    const claim = { day, estimatedUsdMicros: 2_000_000 };
    await openBudgetDay(home.deps, tenant.id, day);
    await home.deps.table.write(takeUsageOps(tenant, claim));
    expect(await describeCaller(home.deps, actor)).toMatchObject({ quotas: { inUse: 1 }, budget: { spentUSD: 0 }, reservedUSD: 2 });

    await home.deps.table.write(releaseUsageOps(tenant.id, claim, 1_500_000));

    expect(await describeCaller(home.deps, actor)).toMatchObject({
      quotas: { inUse: 0 },
      budget: { spentUSD: 1.5 },
      reservedUSD: 0,
      timeZone: 'America/Denver',
    });
  });

  test('writes nothing, not even for a day that nobody has used', async () => {
    await addTenant(home.deps);
    const before = await itemsOf('T#acme#USAGE');
    await describeCaller(home.deps, buildActor());
    expect(await itemsOf('T#acme#USAGE')).toEqual(before);
  });

  const itemsOf = async (pk: string): Promise<unknown[]> => (await home.deps.table.query({ pk, limit: 100 })).items;
});
