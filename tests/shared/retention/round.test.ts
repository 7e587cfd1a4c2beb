/** The round over all tenants: a timer of one machine, and on AWS a function a tenant. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { keepRetention } from '../../../cli/host/retention-keeper.ts';
import { listRetentionTenants, purgeAllTenants } from '../../../shared/retention/retention-round.ts';
import { purgeTenant } from '../../../shared/retention/purge/purge-tenant.ts';
import { setRetention } from '../../../shared/retention/set-retention.ts';
import { queryPurges } from '../../../shared/retention/purge/purge-record.ts';
import { metricNames } from '../../../shared/port/metrics.ts';
import { openAgedHome, type AgedHome } from '../../support/retention/aged-home.ts';

let home: AgedHome;
beforeEach(async () => {
  home = await openAgedHome();
}, 60_000);
afterEach(async () => {
  await home.close();
});

const purges = async (): Promise<number> => (await queryPurges(home.home.deps, home.actor.tenant, { limit: 10 })).items.length;

test('a tenant whose purge fails is counted and does not keep the others; the next round carries it on', async () => {
  await home.run();
  const counted: string[] = [];
  const failing = home.later(91, (point) => {
    if (point === 'purge:after-plan') throw new Error('the store is away');
  });
  const metrics = { count: (name: string) => void counted.push(name), record: () => undefined };
  expect(await purgeAllTenants({ ...failing, metrics }, () => true)).toBe(false);
  expect(counted).toEqual([metricNames.purgeFailuresTotal]);
  expect(await purgeAllTenants(home.later(91), () => true)).toBe(true);
  expect(await purges()).toBe(1);
  expect((await listRetentionTenants(home.home.deps)).items).toEqual(['acme', 'local']);
});

test('a round that must stop leaves the rest to the next one', async () => {
  await home.run();
  await home.run();
  let asked = 0;
  expect(await purgeAllTenants(home.later(91), () => (asked += 1) <= 2)).toBe(false);
  const [open] = (await queryPurges(home.home.deps, home.actor.tenant, { limit: 10 })).items;
  expect(open).toMatchObject({ state: 'open' });
  expect(await purgeAllTenants(home.later(91), () => true)).toBe(true);
  const [done] = (await queryPurges(home.home.deps, home.actor.tenant, { limit: 10 })).items;
  expect(done).toMatchObject({ id: open?.id, state: 'done', counts: { runs: 2 } });
});

test('longer days that are set amid a round count for what it has not planned yet: no purge is begun that would take nothing', async () => {
  await home.run();
  const change = { logs: 30, data: 30, reason: 'a test' };
  await setRetention(home.home.deps, home.actor, { tenant: 'acme', change });
  let asked = 0;
  const mayGoOn = async (): Promise<boolean> => {
    if ((asked += 1) === 1) await setRetention(home.home.deps, home.actor, { tenant: 'acme', change: { logs: 400, reason: 'a test' } });
    return true;
  };
  expect(await purgeTenant(home.later(31), home.actor.tenant, mayGoOn)).toMatchObject({ purges: 1, isDone: true });
  const { items } = await queryPurges(home.home.deps, home.actor.tenant, { limit: 10 });
  expect(items.map(({ kind, counts }) => [kind, counts?.runs])).toEqual([['data', 1]]);
});

test('an embedded home purges by itself, and stops when it closes', async () => {
  await home.run();
  const keeper = keepRetention(home.later(91), home.home.gate, { firstMs: 20, everyMs: 40 });
  for (let turn = 0; turn < 500 && (await purges()) === 0; turn += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  await keeper.close();
  expect(await purges()).toBe(1);
});
