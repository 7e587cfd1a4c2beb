/** A tombstone excuses nothing by itself: somebody who took a receipt away leaves one that says whatever he likes. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { checkRestoredHome } from '../../../shared/backup/check-restored-home.ts';
import { digestBytes } from '../../../shared/core/digest.ts';
import { idSchema, type Id } from '../../../shared/core/id.ts';
import { executionPk, headKey } from '../../../shared/execution/execution-record.ts';
import { decisionTombstoneItem, tombstoneItem, type Tombstone } from '../../../shared/execution/tombstone.ts';
import { integrateLog } from '../../../shared/log/integrate-log.ts';
import { leafKey, monitorKey, readHead } from '../../../shared/log/log-store.ts';
import { monitorLog } from '../../../shared/log-monitor/monitor-log.ts';
import type { Item, Key, WriteOp } from '../../../shared/port/table.ts';
import { FiledManifest, manifestKey, purgeItem, purgeKey, readPurge } from '../../../shared/retention/purge/purge-record.ts';
import { purgeNow } from '../../../shared/retention/purge-now.ts';
import { receiptDaysMin } from '../../../shared/tenant/retention.ts';
import { flipped } from '../../support/identity/key-cases.ts';
import { openAgedHome, type AgedHome } from '../../support/retention/aged-home.ts';

type PurgeId = Id<'purge'>;
type Forged = Pick<Tombstone, 'purge' | 'executionId' | 'manifest'>;

const never = idSchema('purge').parse('purge_01K9ZZZZZZZZZZZZZZZZZZZZZZ');

let home: AgedHome;
/** A run that was purged, and by which purge. */
let purged: Forged;
/** A run that is there, whose logs were purged. */
let kept: { id: Id<'exec'>; logsPurge: PurgeId };
/** What a test changes, as it was. */
const before = new Map<string, { key: Key; item: Item | undefined }>();

beforeAll(async () => {
  home = await openAgedHome();
  const { deps } = home.home;
  const first = idSchema('exec').parse((await home.run()).id);
  await integrateLog(deps);
  await home.purge(receiptDaysMin + 1);
  const { purge } = tombstoneOf(await item(headKey(home.actor.tenant, first)));
  const { bundleDigest } = FiledManifest.parse(await item(manifestKey(home.actor.tenant, purge)));
  purged = { purge, executionId: first, manifest: bundleDigest };
  const id = idSchema('exec').parse((await home.run()).id);
  await integrateLog(deps);
  const request = { execution: id, kind: 'logs', reason: 'logs only', dryRun: false } as const;
  const { purges } = await purgeNow(await home.trustedLater(91), home.actor, { tenant: home.actor.tenant, request });
  await integrateLog(deps);
  kept = { id, logsPurge: purges[0]?.id ?? never };
}, 60_000);
afterEach(async () => {
  const ops = [...before.values()].map(({ key, item: was }): WriteOp => (was ? { kind: 'put', item: was } : { kind: 'delete', key }));
  before.clear();
  await home.home.deps.table.write(ops);
});
afterAll(() => home.close());

async function item(key: Key): Promise<Item> {
  const found = await home.home.deps.table.get(key);
  if (!found) throw new Error(`${key.pk} ${key.sk} is not there`);
  return found;
}

const tombstoneOf = (head: Item): Tombstone => (head as { tombstone?: Tombstone }).tombstone!; // The run was purged.

/** Puts an item, or takes one away, until the test is over. */
async function change(key: Key, to: Item | undefined): Promise<void> {
  const { table } = home.home.deps;
  const name = `${key.pk} ${key.sk}`;
  if (!before.has(name)) before.set(name, { key, item: await table.get(key) });
  await table.write([to ? { kind: 'put', item: to } : { kind: 'delete', key }]);
}

/** Takes the receipt of the kept run away and leaves this tombstone; what the monitor says of it. */
async function forge(says: Partial<Forged>): Promise<string> {
  const { tenant } = home.actor;
  const tombstone = { executionId: kept.id, manifest: null, purge: never, rule: 'none', at: 0, ...says };
  await change({ pk: executionPk(tenant, kept.id), sk: 'RECEIPT' }, undefined);
  await change(headKey(tenant, kept.id), { ...tombstoneItem(tenant, tombstone), ...headKey(tenant, kept.id) });
  return differences();
}

/** Of the whole log, from its first entry on. */
async function differences(): Promise<string> {
  const { deps } = home.home;
  await deps.table.write([{ kind: 'delete', key: monitorKey }]);
  return (await monitorLog(deps)).differences.join();
}

/** A purge that never was gets the manifest of the one that was, with changes. */
async function fileManifest(of: (filed: FiledManifest) => Promise<Partial<FiledManifest>>): Promise<PurgeId> {
  const { tenant } = home.actor;
  const filed = FiledManifest.parse(await item(manifestKey(tenant, purged.purge)));
  await change(manifestKey(tenant, never), { ...manifestKey(tenant, never), ...filed, ...(await of(filed)) });
  return never;
}

const cases: [string, () => Promise<Partial<Forged>>, RegExp][] = [
  ['a purge that never was', async () => ({}), /which is not filed: its tombstone names purge_\w+, which has no deletion manifest/],
  ['the purge of another run', async () => ({ purge: purged.purge }), /whose manifest does not name it/],
  ['another run and its purge', async () => purged, /whose manifest does not name it/],
  ['a purge of its logs only', async () => ({ purge: kept.logsPurge }), /whose manifest does not name it/],
  ['another manifest', async () => ({ ...purged, manifest: digestBytes('another') }), /names another manifest/],
  ['a manifest of another purge', async () => ({ purge: await fileManifest(async () => ({})) }), /is of something else/],
  [
    'a manifest that is gone',
    async () => ({ purge: await fileManifest(async () => ({ bundleDigest: digestBytes('gone') })) }),
    /whose deletion manifest is gone/,
  ],
  [
    'a manifest that the home did not sign',
    async () => {
      const { blobs } = home.home.deps;
      const { tenant } = home.actor;
      const purge = await fileManifest(async ({ bundleDigest }) => {
        const bundle = JSON.parse(Buffer.from((await blobs.find(tenant, 'receipt', bundleDigest))!).toString('utf8')) as {
          dsseEnvelope: { payload: string };
        }; // As the engine wrote it.
        bundle.dsseEnvelope.payload = flipped(bundle.dsseEnvelope.payload);
        return { bundleDigest: await blobs.put(tenant, 'receipt', Buffer.from(JSON.stringify(bundle))) };
      });
      return { purge };
    },
    /whose deletion manifest does not verify/,
  ],
  [
    'a purge that is open, and that nobody carries on',
    async () => {
      const { tenant } = home.actor;
      const record = readPurge(await item(purgeKey(tenant, purged.purge)));
      const { gsi2pk: _list, gsi2sk: _place, ...unlisted } = purgeItem(tenant, { ...record, id: never, state: 'open' });
      await change(purgeKey(tenant, never), unlisted);
      return {};
    },
    /which has no deletion manifest/,
  ],
];

describe('a receipt that is gone with a tombstone in its place is a difference when that names', () => {
  test.each(cases)('%s', async (_what, prepare, problem) => {
    expect(await differences()).toBe('');
    expect(await forge(await prepare())).toMatch(problem);
  });
});

test('so is one with the mark of a purged decision, by a purge that took another thing', async () => {
  const { tenant } = home.actor;
  await forge({});
  await change(headKey(tenant, kept.id), decisionTombstoneItem(executionPk(tenant, kept.id), { purge: purged.purge, rule: 'none', at: 0 }));
  expect(await differences()).toMatch(/whose manifest does not name it/);
});

test('so is one whose deletion manifest is no entry of the log any more', async () => {
  const { leaf } = FiledManifest.parse(await item(manifestKey(home.actor.tenant, purged.purge)));
  await change(leafKey(leaf), undefined);
  expect(await differences()).toMatch(/names purge_\w+, whose deletion manifest is not in the log/);
});

test('so is one whose deletion manifest has the index of another entry', async () => {
  const { leaf } = FiledManifest.parse(await item(manifestKey(home.actor.tenant, purged.purge)));
  await change(leafKey(leaf), { ...(await item(leafKey(leaf))), index: 0 });
  expect(await differences()).toMatch(/whose deletion manifest is not in the log/);
});

test('a restore refuses such a home', async () => {
  await forge({ purge: purged.purge });
  const { deps } = home.home;
  const head = await readHead(deps);
  const wanted = { size: head?.size ?? 0, checkpoint: head?.published?.note ?? null };
  await expect(checkRestoredHome(deps, wanted)).rejects.toMatchObject({ code: 'mc:backup:invalid' });
});

test('a purge that is under way is waited for: what it erases goes before its manifest is signed', async () => {
  const { tenant } = home.actor;
  const record = readPurge(await item(purgeKey(tenant, purged.purge)));
  await change(purgeKey(tenant, never), purgeItem(tenant, { ...record, id: never, state: 'open' }));
  expect(await forge({})).toBe('');
});
