/** Two at the same purge, such as a round and the request that began it: its manifest names what went, and counts it once. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mulberry32 } from '../../../scripts/random/mulberry32.ts';
import type { Id } from '../../../shared/core/id.ts';
import { executionPk } from '../../../shared/execution/execution-record.ts';
import type { FaultPoint } from '../../../shared/port/faults.ts';
import { getDeletionManifest } from '../../../shared/retention/get-deletion-manifest.ts';
import { beginPurge, carryOut } from '../../../shared/retention/purge/carry-out.ts';
import { claimRun, type Claim } from '../../../shared/retention/purge/claim-run.ts';
import { eraseRun } from '../../../shared/retention/purge/erase-run.ts';
import { findUnpurged } from '../../../shared/retention/purge/find-unpurged.ts';
import { purgeTenant } from '../../../shared/retention/purge/purge-tenant.ts';
import { queryPurges, type Purge } from '../../../shared/retention/purge/purge-record.ts';
import { putHold } from '../../../shared/retention/hold/put-hold.ts';
import { releaseHold } from '../../../shared/retention/hold/release-hold.ts';
import { setRetention } from '../../../shared/retention/set-retention.ts';
import { receiptDaysMin, RunKind } from '../../../shared/tenant/retention.ts';
import { large, openAgedHome, type AgedHome } from '../../support/retention/aged-home.ts';
import { beforeWrite } from '../../support/retention/before-write.ts';
import { takeTurns, type Turns } from '../../support/retention/take-turns.ts';
import { wrapTable } from '../../support/table/wrap-table.ts';

const seeds = Array.from({ length: 25 }, (_, at) => at + 1);

const days: Record<RunKind, number> = { logs: 91, data: 11, receipts: receiptDaysMin + 1 };

/** More than go in one write. */
const moreRows = 230;

const rowsOfRun: Record<RunKind, number> = { logs: 0, data: 2, receipts: 4 + moreRows };

let home: AgedHome;
beforeEach(async () => {
  home = await openAgedHome();
}, 60_000);
afterEach(async () => home.close());

/** A run all of whose parts of this kind are due some days later. */
async function dueRun(kind: RunKind): Promise<Id<'exec'>> {
  const { deps } = home.home;
  if (kind === 'data') await setRetention(deps, home.actor, { tenant: 'acme', change: { data: 10, reason: 'a test' } });
  const { id } = await home.run(kind === 'data' ? 'short' : large);
  const pk = executionPk(home.actor.tenant, id);
  if (kind === 'receipts') await deps.table.putMany(Array.from({ length: moreRows }, (_, at) => ({ pk, sk: `X#${at}` })));
  return id;
}

/** A round that uses the table when it is its turn, and dies there when `dies` says so. */
async function round(kind: RunKind, turns: Turns, dies: () => boolean): Promise<void> {
  const deps = home.later(days[kind]);
  const turn = async (): Promise<void> => {
    await turns.wait();
    if (dies()) throw new Error('died');
  };
  const table = wrapTable(deps.table, {
    get: async (key) => turn().then(async () => deps.table.get(key)),
    query: async (query) => turn().then(async () => deps.table.query(query)),
    write: async (ops, hint) => turn().then(async () => deps.table.write(ops, hint)),
  });
  await purgeTenant({ ...deps, table }, home.actor.tenant).finally(() => turns.end());
}

/** Two rounds at once, of which the first may die; who comes upon what the other one is erasing goes on later. */
async function twoRounds(kind: RunKind, random: () => number): Promise<void> {
  const [one, other] = takeTurns(random);
  let left = random() < 0.5 ? Infinity : 10 + Math.floor(random() * 60);
  const ended = await Promise.allSettled([round(kind, one, () => (left -= 1) < 0), round(kind, other, () => false)]);
  const reasons = ended.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []));
  expect(reasons.filter((reason) => !/died|is erasing sha256/.test(reason))).toEqual([]);
  if (reasons.length > 0) await purgeTenant(home.later(days[kind] + 1), home.actor.tenant);
}

async function rowsOf(purge: string): Promise<unknown[]> {
  const { items } = await home.home.deps.table.query({ pk: `T#acme#PURGE#${purge}`, limit: 100 });
  return items.map(({ sk }) => sk);
}

interface Line {
  execution?: string;
  rule?: string;
  rows?: number;
  result?: string;
}

async function linesOf({ id }: Purge): Promise<Line[]> {
  const { inventory } = await getDeletionManifest(home.home.deps, home.actor, id);
  const lines = inventory.trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Line);
}

/** The run was taken by one purge of this kind, and another one that was begun for it has nothing to tell. */
async function expectPurgedOnce(kind: RunKind, id: string): Promise<void> {
  const { items } = await queryPurges(home.home.deps, home.actor.tenant, { limit: 100 });
  for (const { id: purge, manifest } of items) expect(await rowsOf(purge)).toEqual(manifest === null ? ['PURGE'] : ['MANIFEST', 'PURGE']);
  const purges = items.filter((each) => each.kind === kind);
  const rows = rowsOfRun[kind];
  const [purge, ...more] = purges.filter(({ manifest }) => manifest !== null);
  expect(more).toEqual([]);
  expect(purge).toMatchObject({ state: 'done', counts: { runs: 1, skipped: 0, rows, shared: 0 } });
  for (const other of purges.filter(({ manifest }) => manifest === null))
    expect(other).toMatchObject({ state: 'done', counts: { runs: 0, skipped: 1, rows: 0, erased: 0 } });
  const lines = await linesOf(purge!);
  expect(lines.filter(({ rule }) => rule).map((line) => [line.execution, line.rows])).toEqual([[id, rows]]);
  expect(lines.filter(({ rule }) => !rule).map(({ result }) => result)).toEqual(Array(purge!.counts!.erased).fill('erased'));
}

describe('two rounds at once', () => {
  test.each(['logs', 'data', 'receipts'] as const)(
    'purge %s once, in any order, and also when one dies',
    async (kind) => {
      for (const seed of seeds) {
        await home.close();
        home = await openAgedHome();
        const id = await dueRun(kind);
        try {
          await twoRounds(kind, mulberry32(seed));
          await expectPurgedOnce(kind, id);
        } catch (error) {
          throw new Error(`seed ${seed}`, { cause: error });
        }
      }
    },
    120_000,
  );
});

function diesAt(point: FaultPoint): (at: FaultPoint) => void {
  return (at) => {
    if (at === point) throw new Error('died');
  };
}

describe('when another one has ended the purge', () => {
  const begin = async (id: Id<'exec'>): Promise<Claim> => {
    const run = { id, workflow: 'aged', rule: 'a test' };
    const purge = await beginPurge(home.later(days.receipts), home.actor.tenant, {
      kind: 'receipts',
      runs: [run],
      reason: 'a test',
      startedBy: 'a test',
    });
    return { tenant: home.actor.tenant, purge: { ...purge, kind: 'receipts' }, run };
  };

  test('who ends it as well answers it as it ended', async () => {
    const { tenant, purge } = await begin(await dueRun('receipts'));
    const first = await carryOut(home.later(days.receipts), tenant, purge);
    expect(first).toMatchObject({ state: 'done', counts: { runs: 1 } });
    expect(await carryOut(home.later(days.receipts + 1), tenant, purge)).toEqual(first);
  });

  test('who ends one that was taken in one write answers it as well', async () => {
    await dueRun('receipts');
    await purgeTenant(home.later(days.receipts), home.actor.tenant);
    const { items } = await queryPurges(home.home.deps, home.actor.tenant, { limit: 100 });
    const taken = items.filter(({ kind }) => !RunKind.safeParse(kind).success);
    expect(taken.length).toBeGreaterThan(0);
    for (const purge of taken)
      expect(await carryOut(home.later(days.receipts), home.actor.tenant, { ...purge, state: 'open' })).toEqual(purge);
  });

  test('a run that was held until then is not taken for it any more', async () => {
    const { deps } = home.home;
    const claim = await begin(await dueRun('receipts'));
    const hold = await putHold(deps, home.actor, {
      tenant: 'acme',
      hold: { scope: { kind: 'workflow', name: 'aged' }, reason: 'case 17' },
    });
    expect(await carryOut(home.later(days.receipts), claim.tenant, claim.purge)).toMatchObject({ counts: { runs: 0, held: 1 } });
    await releaseHold(deps, home.actor, { tenant: 'acme', release: { hold: hold.id, reason: 'closed' } });
    const head = (await findUnpurged(deps, claim.tenant, claim.run.id))!;
    await expect(carryOut(home.later(days.receipts, diesAt('purge:after-inventory')), claim.tenant, claim.purge)).rejects.toThrow('died');
    expect(await rowsOf(claim.purge.id)).toEqual(['PURGE']);
    await expect(claimRun(home.later(days.receipts), claim, head)).rejects.toThrow('nothing of it was');
    expect(await findUnpurged(deps, claim.tenant, claim.run.id)).toEqual(head);
  });

  test.each([
    ['objects', 'purge:after-objects', /#00000$/],
    ['statements', 'purge:after-rows', /#statements-/],
  ] as const)('what became of %s is not noted any more', async (_what, point, name) => {
    const claim = await begin(await dueRun('receipts'));
    const { tenant, purge } = claim;
    await expect(carryOut(home.later(days.receipts, diesAt('purge:after-claim')), tenant, purge)).rejects.toThrow('died');
    const late = beforeWrite(
      home.later(days.receipts, diesAt(point)),
      (op) => op.kind === 'put' && name.test(op.item.sk),
      async () => carryOut(home.later(days.receipts), tenant, purge),
    );
    await expect(carryOut(late, tenant, purge)).rejects.toThrow('died');
    expect(await rowsOf(purge.id)).toEqual(['MANIFEST', 'PURGE']);
  });

  test('rows that came later stay', async () => {
    const claim = await begin(await dueRun('receipts'));
    await carryOut(home.later(days.receipts), claim.tenant, claim.purge);
    const late = { pk: executionPk(claim.tenant, claim.run.id), sk: 'X#late' };
    await home.home.deps.table.putMany([late]);
    await eraseRun(home.later(days.receipts), claim);
    expect(await home.home.deps.table.get(late)).toBeDefined();
  });
});
