/** A legal hold wins over every rule: before a purge, between its runs, and at the very moment in which it takes one. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { getExecution } from '../../../shared/execution/read/get-execution.ts';
import { readLogs } from '../../../shared/execution/read/read-logs.ts';
import { idSchema, type Id } from '../../../shared/core/id.ts';
import { listAuditEvents } from '../../../shared/audit/list-audit-events.ts';
import type { HoldScope } from '../../../shared/retention/hold/legal-hold.ts';
import { putHold } from '../../../shared/retention/hold/put-hold.ts';
import { releaseHold } from '../../../shared/retention/hold/release-hold.ts';
import { purgeTenant } from '../../../shared/retention/purge/purge-tenant.ts';
import { queryPurges } from '../../../shared/retention/purge/purge-record.ts';
import { receiptDaysMin } from '../../../shared/tenant/retention.ts';
import type { WriteOp } from '../../../shared/port/table.ts';
import { openAgedHome, type AgedHome } from '../../support/retention/aged-home.ts';
import { beforeWrite } from '../../support/retention/before-write.ts';

const execId = (id: string): Id<'exec'> => idSchema('exec').parse(id);
const reason = 'case 17';

let home: AgedHome;
beforeEach(async () => {
  home = await openAgedHome();
}, 60_000);
afterEach(async () => home.close());

const put = async (scope: HoldScope) => putHold(home.home.deps, home.actor, { tenant: 'acme', hold: { scope, reason } });
const scopesOf = (id: string): HoldScope[] => [
  { kind: 'tenant' },
  { kind: 'workflow', name: 'aged' },
  { kind: 'execution', id: execId(id) },
];

test.each([0, 1, 2])('a hold of scope %i keeps the run, and after its release the run goes', async (which) => {
  const run = await home.run();
  const scope = scopesOf(run.id)[which]!;
  const hold = await put(scope);
  expect(await home.purge(receiptDaysMin + 1)).toMatchObject({ held: 1 });
  expect(await getExecution(home.home.deps, home.actor, run.id)).toMatchObject({ state: 'succeeded' });
  expect((await readLogs(home.home.deps, home.actor, { id: run.id })).lines).toHaveLength(2);
  // Audit events stay with it, those of the hold too.
  const types = (await listAuditEvents(home.home.deps, home.actor, { limit: 100 })).items.map(({ type }) => type);
  expect(types).toEqual(expect.arrayContaining(['mc.hold.put', 'mc.exec.start']));
  await releaseHold(home.home.deps, home.actor, { tenant: 'acme', release: { hold: hold.id, reason: 'closed' } });
  await home.purge(receiptDaysMin + 1);
  await expect(getExecution(home.home.deps, home.actor, run.id)).rejects.toMatchObject({ code: 'mc:execution:purged' });
});

test('of two holds on the same run both must be released', async () => {
  const run = await home.run();
  const scope: HoldScope = { kind: 'execution', id: execId(run.id) };
  const [first, second] = [await put(scope), await put(scope)];
  const release = async (hold: string) => releaseHold(home.home.deps, home.actor, { tenant: 'acme', release: { hold, reason: 'closed' } });
  await release(first.id);
  await home.purge(receiptDaysMin + 1);
  expect(await getExecution(home.home.deps, home.actor, run.id)).toMatchObject({ id: run.id });
  expect((await release(first.id)).released).not.toBeNull();
  await release(second.id);
  await home.purge(receiptDaysMin + 1);
  await expect(getExecution(home.home.deps, home.actor, run.id)).rejects.toMatchObject({ code: 'mc:execution:purged' });
});

describe('a hold that comes while a purge runs', () => {
  test.each([0, 1, 2])('keeps what was listed and not yet taken (scope %i)', async (which) => {
    const run = await home.run();
    let isPut = false;
    const deps = home.later(receiptDaysMin + 1, async (point) => {
      // After the last look at the holds and before the write, as the test of the write itself shows below.
      if (point !== 'purge:after-inventory' || isPut) return;
      isPut = true;
      await put(scopesOf(run.id)[which]!);
    });
    await purgeTenant(deps, home.actor.tenant);
    expect(isPut).toBe(true);
    expect(await getExecution(home.home.deps, home.actor, run.id)).toMatchObject({ state: 'succeeded' });
    expect((await readLogs(home.home.deps, home.actor, { id: run.id })).lines).toHaveLength(2);
    const [purge] = (await queryPurges(home.home.deps, home.actor.tenant, { limit: 10 })).items;
    expect(purge).toMatchObject({ state: 'done', counts: { runs: 0, held: 1, erased: 0 }, manifest: null });
  });

  test.each([0, 1, 2])('wins even between the last look and the write (scope %i)', async (which) => {
    const run = await home.run();
    let isPut = false;
    const takes = (op: WriteOp): boolean => op.kind === 'put' && 'tombstone' in op.item;
    const racing = beforeWrite(home.later(receiptDaysMin + 1), takes, async () => {
      isPut = true;
      await put(scopesOf(run.id)[which]!);
    });
    await purgeTenant(racing, home.actor.tenant);
    expect(isPut).toBe(true);
    expect(await getExecution(home.home.deps, home.actor, run.id)).toMatchObject({ state: 'succeeded' });
  });

  test('is told that the run is gone when it comes after the write', async () => {
    const run = await home.run();
    const answers: unknown[] = [];
    const deps = home.later(receiptDaysMin + 1, async (point) => {
      if (point === 'purge:after-claim')
        answers.push(await put({ kind: 'execution', id: execId(run.id) }).catch((error: unknown) => error));
    });
    await purgeTenant(deps, home.actor.tenant);
    expect(answers).toEqual([expect.objectContaining({ code: 'mc:execution:purged' })]);
  });
});
