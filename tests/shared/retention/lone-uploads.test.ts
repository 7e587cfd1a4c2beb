/** Uploads that no run named go by themselves, and only those. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { announcePut, nameBlobs } from '../../../shared/blob/blob-uses.ts';
import { listAuditEvents } from '../../../shared/audit/list-audit-events.ts';
import { uploadFile } from '../../../shared/execution/admit/input-files.ts';
import { headKey } from '../../../shared/execution/execution-record.ts';
import { findExecution } from '../../../shared/execution/execution-store.ts';
import { idSchema } from '../../../shared/core/id.ts';
import { digestBytes, type Digest } from '../../../shared/core/digest.ts';
import { canonicalJson } from '../../../shared/core/json/canonical-json.ts';
import { filePk, fileKey } from '../../../shared/manifest/file-ref.ts';
import { isoTime } from '../../../shared/port/clock.ts';
import { monitorLog } from '../../../shared/log-monitor/monitor-log.ts';
import type { WriteOp } from '../../../shared/port/table.ts';
import { getDeletionManifest } from '../../../shared/retention/get-deletion-manifest.ts';
import { putHold } from '../../../shared/retention/hold/put-hold.ts';
import { releaseHold } from '../../../shared/retention/hold/release-hold.ts';
import { purgeTenant } from '../../../shared/retention/purge/purge-tenant.ts';
import { Purge, queryPurges } from '../../../shared/retention/purge/purge-record.ts';
import { setRetention } from '../../../shared/retention/set-retention.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import { large, openAgedHome, type AgedHome } from '../../support/retention/aged-home.ts';
import { beforeWrite } from '../../support/retention/before-write.ts';

let home: AgedHome;
beforeEach(async () => {
  home = await openAgedHome();
}, 60_000);
afterEach(async () => home.close());

const upload = async (text: string): Promise<Digest> =>
  (await uploadFile(home.home.deps, home.actor, { name: 'a.txt', bytes: Buffer.from(text) })).digest;
const isThere = async (digest: Digest): Promise<boolean> =>
  (await home.home.deps.blobs.find(home.actor.tenant, 'data', digest)) !== undefined;
const isListed = async (digest: Digest): Promise<boolean> =>
  (await home.home.deps.table.get(fileKey(home.actor.tenant, digest))) !== undefined;
const purges = async (): Promise<Purge[]> =>
  (await queryPurges(home.home.deps, home.actor.tenant, { limit: 50 })).items.filter(({ kind }) => kind === 'uploads');

const takesFile = `name: files
version: 1.0.0
inputs: { report: { type: file } }
tasks: [{ id: only, uses: 'pkg:demo/echo@1.0.0', with: { message: 'm' } }]
`;

/** A run that was given the upload and has ended. */
async function give(digest: Digest): Promise<string> {
  await home.publish(takesFile);
  const inputs = { report: { digest, name: 'a.txt' } };
  return (await home.finish((await home.start({ workflow: 'files', inputs })).id)).id;
}

test('what no run named goes after 90 days, with a signed manifest and an audit event; what a run has stays with it', async () => {
  const [lone, given] = [await upload('alone'), await upload('given')];
  await give(given);
  await home.purge(89);
  expect(await purges()).toEqual([]);
  await home.purge(91);
  expect(await Promise.all([isThere(lone), isListed(lone), isThere(given), isListed(given)])).toEqual([false, false, true, true]);
  const [purge] = await purges();
  expect(purge).toMatchObject({ state: 'done', counts: { erased: 1, shared: 0, bytes: 5, runs: 0 } });
  const { deps } = home.home;
  const { bundle, inventory } = await getDeletionManifest(deps, home.actor, purge!.id);
  expect(JSON.parse(inventory)).toMatchObject({ kind: 'data', digest: lone, sizeBytes: 5, result: 'erased' });
  const { pem } = await deps.signer.publicKey();
  const { statement } = verifyBundle(bundle, { pem, artifact: digestBytes(inventory) });
  expect(statement.subject.map(({ digest }) => `sha256:${digest['sha256']}`)).toContain(lone);
  const { items } = await listAuditEvents(deps, home.actor, { limit: 100 });
  expect(items.filter(({ type, subject }) => type === 'mc.purge.end' && subject === purge?.id)).toHaveLength(1);
  expect((await monitorLog(deps)).differences).toEqual([]);
  await home.purge(92);
  expect(await purges()).toHaveLength(1);
});

test('days count from the last time that somebody uploaded it', async () => {
  const digest = await upload('again');
  const { deps } = home.home;
  await announcePut({ ...deps, clock: home.later(50).clock }, home.actor.tenant, digest);
  await home.purge(139);
  expect(await isThere(digest)).toBe(true);
  await home.purge(141);
  expect(await isThere(digest)).toBe(false);
});

test('what only a start that came to nothing had named goes too', async () => {
  const digest = await upload('crashed');
  await nameBlobs(home.home.deps, home.actor.tenant, `X#${home.home.deps.ids.next('exec')}`, [digest]);
  await home.purge(91);
  expect(await isThere(digest)).toBe(false);
});

test('the setting of the tenant counts, the longest of its logs', async () => {
  const digest = await upload('longer');
  await setRetention(home.home.deps, home.actor, {
    tenant: 'acme',
    change: { logs: { succeeded: 10, failed: 200 }, reason: 'slow audits' },
  });
  await home.purge(199);
  expect(await isThere(digest)).toBe(true);
  await home.purge(201);
  expect(await isThere(digest)).toBe(false);
});

test('any legal hold of the tenant keeps them, also one that comes just before they are taken', async () => {
  const digest = await upload('held');
  const put = async () =>
    putHold(home.home.deps, home.actor, { tenant: 'acme', hold: { scope: { kind: 'workflow', name: 'aged' }, reason: 'case 17' } });
  const first = await put();
  await home.purge(91);
  const release = async (hold: string) => releaseHold(home.home.deps, home.actor, { tenant: 'acme', release: { hold, reason: 'closed' } });
  await release(first.id);
  const second: string[] = [];
  const takes = (op: WriteOp): boolean => op.kind === 'put' && Purge.safeParse(op.item['purge']).data?.kind === 'uploads';
  await purgeTenant(
    beforeWrite(home.later(91), takes, async () => second.push((await put()).id)),
    home.actor.tenant,
  );
  expect(second).toHaveLength(1);
  expect([await isThere(digest), await purges()]).toEqual([true, []]);
  await release(second[0]!);
  await home.purge(91);
  expect(await isThere(digest)).toBe(false);
});

test.each([
  'purge:after-plan',
  'purge:after-doom',
  'purge:after-object',
  'purge:after-sign',
  'purge:after-manifest',
  'purge:after-end',
] as const)('a purge that dies at %s is carried on, and has one manifest', async (point) => {
  const [one, other] = [await upload('one'), await upload('other')];
  const dying = home.later(91, (hit) => {
    if (hit === point) throw new Error('the process died');
  });
  await expect(purgeTenant(dying, home.actor.tenant)).rejects.toThrow('the process died');
  await home.purge(91);
  expect([await isThere(one), await isThere(other)]).toEqual([false, false]);
  expect(await purges()).toMatchObject([{ state: 'done', counts: { erased: 2 } }]);
  const { items } = await home.home.deps.table.query({ pk: `T#acme#PURGE#${(await purges())[0]?.id}`, limit: 100 });
  expect(items.map(({ sk }) => sk)).toEqual(['MANIFEST', 'PURGE']);
});

test('a run that begins while they are taken has its file afterwards', async () => {
  const digest = await upload('raced');
  await home.publish(takesFile);
  let id = '';
  const racing = home.later(91, async (point) => {
    if (point === 'purge:after-plan' && id === '')
      ({ id } = await home.start({ workflow: 'files', inputs: { report: { digest, name: 'a.txt' } } }));
  });
  await purgeTenant(racing, home.actor.tenant);
  expect(await home.finish(id)).toMatchObject({ state: 'succeeded' });
  expect([await isThere(digest), await isListed(digest)]).toEqual([true, true]);
  expect(await purges()).toMatchObject([{ counts: { erased: 0, shared: 1 } }]);
});

describe('the bytes of a run of a version before 0.3.0, which named nothing,', () => {
  test.each([
    ['stay', 23, true],
    ['are those of no such run when it began a day after the first that seals its inputs', 25, false],
  ] as const)('%s', async (_, hoursLater, stays) => {
    const { deps } = home.home;
    await home.run('sealed');
    const run = await home.run();
    const digest = await upload(canonicalJson({ word: large }));
    const id = idSchema('exec').parse(run.id);
    const head = (await findExecution(deps, home.actor.tenant, id))!;
    expect([head.inputs.digest, head.inputs.sealed]).toEqual([digest, undefined]);
    const createdAt = head.createdAt + hoursLater * 3_600_000;
    await deps.table.write([
      { kind: 'delete', key: { pk: `T#acme#USE#${digest.slice('sha256:'.length)}`, sk: `X#${id}` } },
      { kind: 'update', key: headKey(home.actor.tenant, id), set: { createdAt } },
    ]);
    await home.purge(91);
    expect([await isThere(digest), await isListed(digest)]).toEqual([stays, stays]);
  });
});

test('of very many some go at a time, and none is left', async () => {
  const { deps } = home.home;
  const digests = await Promise.all(Array.from({ length: 405 }, (_, at) => upload(`file ${at}`)));
  await home.purge(91);
  expect((await deps.table.query({ pk: filePk(home.actor.tenant), limit: 10 })).items).toEqual([]);
  expect((await purges()).map(({ counts }) => counts?.erased).sort()).toEqual([400, 5]);
  expect(await isThere(digests[404]!)).toBe(false);
}, 60_000);

test('one that comes after more than a walk holds, all of them needed, is found too', async () => {
  const { deps } = home.home;
  const { tenant } = home.actor;
  const run = await home.run();
  const needed = Array.from({ length: 10_001 }, (_, at) => digestBytes(`needed ${at}`));
  const uploadedAt = isoTime(deps.clock.now() - 1_000);
  await deps.table.putMany(needed.map((digest) => ({ ...fileKey(tenant, digest), sizeBytes: 1, uploadedAt })));
  await nameBlobs(deps, tenant, `X#${run.id}`, needed);
  const lone = await upload('the newest');
  await home.purge(91);
  expect(await isThere(lone)).toBe(false);
  expect(await purges()).toMatchObject([{ counts: { erased: 1, shared: 0 } }]);
}, 60_000);
