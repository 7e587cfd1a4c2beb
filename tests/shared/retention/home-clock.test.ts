/** While the clock of a home stands too far from its last round, nothing is purged by it: what a clock that is ahead erases cannot be brought back. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { listAuditEvents } from '../../../shared/audit/list-audit-events.ts';
import { uploadFile } from '../../../shared/execution/admit/input-files.ts';
import { startExecution } from '../../../shared/execution/admit/start-execution.ts';
import { getExecution } from '../../../shared/execution/read/get-execution.ts';
import { readLogs } from '../../../shared/execution/read/read-logs.ts';
import { isoTime } from '../../../shared/port/clock.ts';
import { metricNames } from '../../../shared/port/metrics.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import type { WriteOp } from '../../../shared/port/table.ts';
import { trustClock } from '../../../shared/retention/home-clock.ts';
import { purgeNow, type PurgeRequest } from '../../../shared/retention/purge-now.ts';
import { queryPurges } from '../../../shared/retention/purge/purge-record.ts';
import { writeMark } from '../../../shared/retention/purge/mark.ts';
import { purgeAuditEvents } from '../../../shared/retention/purge/purge-audit-events.ts';
import { purgeDecisions } from '../../../shared/retention/purge/purge-decisions.ts';
import { purgeTenant } from '../../../shared/retention/purge/purge-tenant.ts';
import { purgeUploads } from '../../../shared/retention/purge/purge-uploads.ts';
import { shredLogKeys } from '../../../shared/retention/purge/shred-log-keys.ts';
import { purgeAllTenants } from '../../../shared/retention/retention-round.ts';
import { showRetention } from '../../../shared/retention/show-retention.ts';
import type { Actor } from '../../../shared/tenant/actor.ts';
import { receiptDaysMin } from '../../../shared/tenant/retention.ts';
import { openAgedHome, type AgedHome } from '../../support/retention/aged-home.ts';

const reason = 'a test';
const moved = { code: 'mc:retention:clock-moved' };
const years = receiptDaysMin + 1;

let home: AgedHome;
let owner: Actor;
beforeEach(async () => {
  home = await openAgedHome();
  owner = { ...home.actor, tenant: home.home.deps.config.ownerTenant };
}, 60_000);
afterEach(async () => home.close());

const round = async (days: number) => purgeTenant(home.later(days), home.actor.tenant);
const ask = async (days: number, request: Partial<PurgeRequest> = {}, actor = home.actor) =>
  purgeNow(home.later(days), actor, { tenant: 'acme', request: { dryRun: false, reason, ...request } });
const purged = async (): Promise<string[]> =>
  (await queryPurges(home.home.deps, home.actor.tenant, { limit: 100 })).items.map(({ kind }) => kind);
const clockOf = async (days: number) => (await showRetention(home.later(days), home.actor, 'acme')).clock;

/** The home with a clock that is so many days ahead when it is asked for the first time, the second, and so on. */
function withClock(daysOf: (turn: number) => number): Deps {
  let turn = 0;
  return { ...home.home.deps, clock: { ...home.home.deps.clock, now: () => home.later(daysOf(turn++)).clock.now() } };
}

/** Says of every run that its logs were purged. */
async function purgedLogs(): Promise<WriteOp[]> {
  const { items } = await home.home.deps.table.query({ index: 'gsi1', pk: 'T#acme#X', limit: 10 });
  const logsPurge = { purge: home.home.deps.ids.next('purge'), rule: 'a test', at: 0 };
  return items.map(({ pk, sk }) => ({ kind: 'update', key: { pk, sk }, set: { logsPurge } }));
}

describe('a clock that went ahead by years since the last round', () => {
  test('takes nothing in a round, and once it is right again rounds go on by themselves', async () => {
    const run = await home.run();
    await uploadFile(home.home.deps, home.actor, { name: 'a.txt', bytes: Buffer.from('alone') });
    await round(0);
    await expect(round(years)).rejects.toMatchObject(moved);
    expect(await purged()).toEqual([]);
    expect(await getExecution(home.home.deps, home.actor, run.id)).toMatchObject({ state: 'succeeded' });
    expect((await readLogs(home.home.deps, home.actor, { id: run.id })).lines).toHaveLength(2);
    expect(await round(1)).toMatchObject({ purges: 0, isDone: true });
  });

  test('is told in one line of the log, by the metric of the alarm and where one sees what is kept for how long', async () => {
    await purgeAllTenants(home.later(0), () => true);
    expect(await clockOf(0)).toEqual({ lastRoundAt: expect.any(String), isSteady: true });
    const [lines, counted]: [unknown[], string[]] = [[], []];
    const logger = { ...home.home.deps.logger, error: (_message: string, details?: object) => void lines.push(details) };
    const metrics = { count: (name: string) => void counted.push(name), record: () => undefined };
    expect(await purgeAllTenants({ ...home.later(years), logger, metrics }, () => true)).toBe(false);
    expect(lines).toEqual([expect.objectContaining({ error: expect.objectContaining(moved) })]);
    expect(counted).toEqual([metricNames.purgeFailuresTotal]);
    expect(await clockOf(years)).toMatchObject({ isSteady: false });
  });

  test('takes nothing either when somebody asks, and who asked stands in the audit events; a dry run tells what would go', async () => {
    const run = await home.run();
    await round(0);
    for (const request of [{}, { execution: run.id }]) await expect(ask(years, request)).rejects.toMatchObject(moved);
    const types = (await listAuditEvents(home.home.deps, home.actor, { limit: 10 })).items.map(({ type }) => type);
    expect(types.filter((type) => type === 'mc.purge.refuse')).toHaveLength(2);
    expect((await ask(years, { dryRun: true })).planned).toContainEqual(expect.objectContaining({ execution: run.id, kind: 'receipts' }));
    expect(await purged()).toEqual([]);
  });

  test('takes neither runs nor uploads when it went ahead amid a round', async () => {
    const run = await home.run();
    await uploadFile(home.home.deps, home.actor, { name: 'a.txt', bytes: Buffer.from('alone') });
    const { deps } = home.home;
    // What a round asks first is whether it may begin.
    await expect(
      purgeTenant(
        withClock((turn) => (turn === 0 ? 0 : years)),
        home.actor.tenant,
      ),
    ).rejects.toMatchObject(moved);
    expect(await getExecution(deps, home.actor, run.id)).toMatchObject({ state: 'succeeded' });
    await expect(
      purgeUploads(
        withClock(() => years),
        home.actor.tenant,
        () => true,
      ),
    ).rejects.toMatchObject(moved);
    // The purge that was begun takes nothing of what is not due.
    expect(await round(1)).toMatchObject({ purges: 1, isDone: true });
    expect(await queryPurges(deps, home.actor.tenant, { limit: 10 })).toMatchObject({ items: [{ counts: { runs: 0, skipped: 1 } }] });
    expect(await getExecution(deps, home.actor, run.id)).toMatchObject({ state: 'succeeded' });
  });

  test('takes neither denials nor audit events that it was ahead for one moment to find', async () => {
    await home.publish(
      "name: here\nversion: 1.0.0\nregion: US\ntasks: [{ id: only, uses: 'pkg:demo/echo@1.0.0', with: { message: 'm' } }]\n",
    );
    expect(await startExecution(home.home.deps, home.actor, { workflow: 'here', region: 'EU' })).toMatchObject({ kind: 'denied' });
    await round(0);
    for (const purge of [purgeDecisions, purgeAuditEvents]) {
      const ahead = withClock((turn) => (turn === 0 ? years : 0));
      await expect(purge(ahead, home.actor.tenant, () => true)).rejects.toMatchObject(moved);
    }
    expect(await purged()).toEqual([]);
  });

  test('shreds no data key', async () => {
    await home.run();
    await round(0);
    await writeMark(home.home.deps, home.actor.tenant, 'logs', isoTime(home.later(60).clock.now()));
    await home.home.deps.table.write(await purgedLogs());
    await expect(shredLogKeys(home.later(91), home.actor.tenant)).rejects.toMatchObject(moved);
    await shredLogKeys(await home.trustedLater(91), home.actor.tenant);
    expect(await purged()).toEqual(['keys']);
  });
});

test('a clock that went back stops rounds as well, so that it is not taken for one that went ahead when it is right again', async () => {
  await round(0);
  await expect(round(-400)).rejects.toMatchObject(moved);
  expect(await round(1)).toMatchObject({ isDone: true });
});

test('seven days pass by themselves, each from the last round', async () => {
  await home.run();
  for (const days of [0, 6.9, 13.8, 8, 3, 9.9]) expect(await round(days)).toMatchObject({ isDone: true });
  await expect(round(17.01)).rejects.toMatchObject(moved);
});

describe('the word that the clock is right', () => {
  test('lets rounds go on from there, and stands in the audit events of who runs the home', async () => {
    const run = await home.run();
    await round(0);
    await expect(round(91)).rejects.toMatchObject(moved);
    expect(await ask(91, { clockIsRight: true }, owner)).toMatchObject({ purges: [{ kind: 'logs', counts: { runs: 1 } }] });
    expect(await round(92)).toMatchObject({ isDone: true });
    await expect(readLogs(home.home.deps, home.actor, { id: run.id })).rejects.toMatchObject({ code: 'mc:execution:purged' });
    const [event] = (await listAuditEvents(home.home.deps, owner, { limit: 100 })).items.filter(
      ({ type }) => type === 'mc.retention.trust',
    );
    expect(event?.data).toMatchObject({ reason, details: { clock: expect.any(String), lastRoundAt: expect.any(String) } });
  });

  test('is of no worth from somebody who does not run the home', async () => {
    await home.run();
    await round(0);
    await expect(ask(91, { clockIsRight: true })).rejects.toMatchObject({ code: 'mc:auth:forbidden' });
    await expect(trustClock(home.later(91), { ...owner, roles: ['operator'] }, reason)).rejects.toMatchObject({
      code: 'mc:auth:forbidden',
    });
    await expect(round(91)).rejects.toMatchObject(moved);
    expect(await purged()).toEqual([]);
  });
});
