/** Denials belong to no run and go by themselves, with the receipts that somebody asked for. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { listAuditEvents } from '../../../shared/audit/list-audit-events.ts';
import { checkRestoredHome } from '../../../shared/backup/check-restored-home.ts';
import { digestJson, type Digest } from '../../../shared/core/digest.ts';
import { getDecisionIdentity, getDecisionReceipt } from '../../../shared/decision/decision-receipt.ts';
import { getDecision, listDecisions, loneDecisionPk } from '../../../shared/decision/decision-store.ts';
import type { Decision } from '../../../shared/decision/decision.ts';
import { startExecution } from '../../../shared/execution/admit/start-execution.ts';
import { integrateLog } from '../../../shared/log/integrate-log.ts';
import { monitorKey, readHead } from '../../../shared/log/log-store.ts';
import { monitorLog } from '../../../shared/log-monitor/monitor-log.ts';
import type { WriteOp } from '../../../shared/port/table.ts';
import { isoTime } from '../../../shared/port/clock.ts';
import { getDeletionManifest } from '../../../shared/retention/get-deletion-manifest.ts';
import { putHold } from '../../../shared/retention/hold/put-hold.ts';
import { releaseHold } from '../../../shared/retention/hold/release-hold.ts';
import { purgeTenant } from '../../../shared/retention/purge/purge-tenant.ts';
import { Purge, queryPurges } from '../../../shared/retention/purge/purge-record.ts';
import { receiptDaysMin } from '../../../shared/tenant/retention.ts';
import { openAgedHome, type AgedHome } from '../../support/retention/aged-home.ts';
import { beforeWrite } from '../../support/retention/before-write.ts';

let home: AgedHome;
beforeEach(async () => {
  home = await openAgedHome();
  await home.publish(
    "name: here\nversion: 1.0.0\nregion: US\ntasks: [{ id: only, uses: 'pkg:demo/echo@1.0.0', with: { message: 'm' } }]\n",
  );
}, 60_000);
afterEach(async () => home.close());

const afterwards = receiptDaysMin + 1;
const purges = async (): Promise<Purge[]> =>
  (await queryPurges(home.home.deps, home.actor.tenant, { limit: 50 })).items.filter(({ kind }) => kind === 'decisions');
const rowsOf = async ({ id }: Decision): Promise<string[]> =>
  (await home.home.deps.table.query({ pk: loneDecisionPk(home.actor.tenant, id), limit: 10 })).items.map(({ sk }) => sk);

/** The write that takes denials. */
const takes = (op: WriteOp): boolean => op.kind === 'put' && Purge.safeParse(op.item['purge']).data?.kind === 'decisions';

async function denial(): Promise<Decision> {
  const result = await startExecution(home.home.deps, home.actor, { workflow: 'here', region: 'EU' });
  if (result.kind !== 'denied') throw new Error('nobody denied it');
  return result.decision;
}

test('a denial goes after seven years, with a signed manifest and an audit event; the leave to publish stays', async () => {
  const { deps } = home.home;
  const decision = await denial();
  await home.purge(receiptDaysMin - 1);
  expect(await getDecision(deps, home.actor.tenant, decision.id)).toEqual(decision);
  await home.purge(afterwards);
  await expect(getDecision(deps, home.actor.tenant, decision.id)).rejects.toMatchObject({ code: 'mc:decision:not-found' });
  expect(await rowsOf(decision)).toEqual([]);
  expect((await listDecisions(deps, home.actor.tenant, { limit: 10 })).items.map(({ point, verdict }) => [point, verdict])).toEqual([
    ['publish', 'allow'],
    ['publish', 'allow'],
  ]);
  const [purge] = await purges();
  expect(purge).toMatchObject({ state: 'done', counts: { rows: 1, erased: 0, runs: 0 } });
  const { inventory } = await getDeletionManifest(deps, home.actor, purge!.id);
  expect(JSON.parse(inventory)).toEqual({ decision: decision.id, digest: digestJson(decision) });
  const { items } = await listAuditEvents(deps, home.actor, { limit: 100 });
  expect(items.filter(({ type, subject }) => type === 'mc.purge.end' && subject === purge?.id)).toHaveLength(1);
});

test('any legal hold of the tenant keeps them, also one that comes just before they are taken', async () => {
  const decision = await denial();
  const put = async () =>
    putHold(home.home.deps, home.actor, { tenant: 'acme', hold: { scope: { kind: 'workflow', name: 'aged' }, reason: 'case 17' } });
  const release = async (hold: string) => releaseHold(home.home.deps, home.actor, { tenant: 'acme', release: { hold, reason: 'closed' } });
  const first = await put();
  await home.purge(afterwards);
  expect(await rowsOf(decision)).toEqual(['DECISION#start']);
  await release(first.id);
  const second: string[] = [];
  await purgeTenant(
    beforeWrite(home.later(afterwards), takes, async () => second.push((await put()).id)),
    home.actor.tenant,
  );
  expect([second.length, await rowsOf(decision), await purges()]).toEqual([1, ['DECISION#start'], []]);
  await release(second[0]!);
  await home.purge(afterwards);
  expect(await rowsOf(decision)).toEqual([]);
});

test('one that is not due yet is passed over by no walk, though a later one is due', async () => {
  const { deps } = home.home;
  const [first, second] = [await denial(), await denial()];
  // As two processes with different clocks leave it.
  const decidedAt = isoTime(Date.parse(first.decidedAt) + 10 * 86_400_000);
  await deps.table.write([
    { kind: 'update', key: { pk: loneDecisionPk(home.actor.tenant, first.id), sk: 'DECISION#start' }, set: { decidedAt } },
  ]);
  await home.purge(afterwards);
  expect([await rowsOf(first), await rowsOf(second)]).toEqual([['DECISION#start'], ['DECISION#start']]);
  await home.purge(afterwards + 10);
  expect([await rowsOf(first), await rowsOf(second)]).toEqual([[], []]);
});

test('of many some go at a time, and none is left', async () => {
  for (let count = 0; count < 50; count += 1) await denial();
  await home.purge(afterwards);
  const left = (await listDecisions(home.home.deps, home.actor.tenant, { limit: 100 })).items;
  expect(left.filter(({ verdict }) => verdict === 'deny')).toEqual([]);
  expect((await purges()).reduce((sum, { counts }) => sum + (counts?.rows ?? 0), 0)).toBe(50);
}, 60_000);

describe('a denial with a receipt', () => {
  let decision: Decision;
  let receipt: Digest;
  beforeEach(async () => {
    const { deps } = home.home;
    decision = await denial();
    await getDecisionReceipt(deps, home.actor, decision.id);
    await getDecisionIdentity(deps, home.actor, decision.id);
    const row = await deps.table.get({ pk: loneDecisionPk(home.actor.tenant, decision.id), sk: 'RECEIPT' });
    receipt = row?.['bundleDigest'] as Digest;
    await integrateLog(deps);
  });

  /** Of the whole log, from its first entry on. */
  async function differences(): Promise<string[]> {
    const { deps } = home.home;
    await integrateLog(deps);
    await deps.table.write([{ kind: 'delete', key: monitorKey }]);
    return (await monitorLog(deps)).differences;
  }

  async function checkRestored(): Promise<number> {
    const { deps } = home.home;
    const head = await readHead(deps);
    return (await checkRestoredHome(deps, { size: head?.size ?? 0, checkpoint: head?.published?.note ?? null })).statements;
  }

  test('loses it, and neither the monitor of the log nor a restore minds', async () => {
    await home.purge(afterwards);
    expect(await home.home.deps.blobs.find(home.actor.tenant, 'receipt', receipt)).toBeUndefined();
    expect(await rowsOf(decision)).toEqual(['EXEC']);
    expect(await differences()).toEqual([]);
    expect(await checkRestored()).toBeGreaterThan(0);
    const [purge] = await purges();
    expect(purge).toMatchObject({ counts: { rows: 1, erased: 1 } });
    expect((await getDeletionManifest(home.home.deps, home.actor, purge!.id)).inventory).toContain(receipt);
    await expect(getDecisionReceipt(home.home.deps, home.actor, decision.id)).rejects.toMatchObject({ code: 'mc:decision:not-found' });
  });

  test('without its tombstone the same is a difference', async () => {
    await home.purge(afterwards);
    await home.home.deps.table.write([{ kind: 'delete', key: { pk: loneDecisionPk(home.actor.tenant, decision.id), sk: 'EXEC' } }]);
    expect((await differences()).join()).toMatch(/speaks of the statement RECEIPT, which is not filed/);
    await expect(checkRestored()).rejects.toMatchObject({ code: 'mc:backup:invalid' });
  });

  test.each(['purge:after-plan', 'purge:after-object', 'purge:after-sign', 'purge:after-manifest', 'purge:after-end'] as const)(
    'of which the purge dies at %s is carried on, with one manifest',
    async (point) => {
      const dying = home.later(afterwards, (hit) => {
        if (hit === point) throw new Error('the process died');
      });
      await expect(purgeTenant(dying, home.actor.tenant)).rejects.toThrow('the process died');
      expect(await differences()).toEqual([]);
      await home.purge(afterwards);
      expect(await home.home.deps.blobs.find(home.actor.tenant, 'receipt', receipt)).toBeUndefined();
      expect(await purges()).toMatchObject([{ state: 'done', counts: { rows: 1, erased: 1 } }]);
      expect(await differences()).toEqual([]);
    },
  );
});

describe('a receipt that is asked for while its denial is taken', () => {
  test('is refused when the denial was faster', async () => {
    const decision = await denial();
    const { deps } = home.home;
    // The denial goes between the reading of it and the filing of its receipt.
    const signer = {
      publicKey: () => deps.signer.publicKey(),
      sign: async (message: Uint8Array) => {
        await home.purge(afterwards);
        return deps.signer.sign(message);
      },
    };
    await expect(getDecisionReceipt({ ...deps, signer }, home.actor, decision.id)).rejects.toMatchObject({ code: 'mc:store:conflict' });
    expect(await rowsOf(decision)).toEqual([]);
  });

  test.each([
    ['the receipt', getDecisionReceipt, undefined],
    ['its identity form', getDecisionIdentity, getDecisionReceipt],
  ] as const)('keeps the denial when it was faster, and both go in the next round: %s', async (_, ask, before) => {
    const decision = await denial();
    const { deps } = home.home;
    await before?.(deps, home.actor, decision.id);
    const racing = beforeWrite(home.later(afterwards), takes, async () => ask(deps, home.actor, decision.id));
    await purgeTenant(racing, home.actor.tenant);
    expect(await rowsOf(decision)).toContain('DECISION#start');
    await home.purge(afterwards);
    expect(await rowsOf(decision)).toEqual(['EXEC']);
  });
});
