/** Equal values are one blob: a purge takes it only when nobody needs it, also when somebody stores it at that very moment. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { announcePut, doomBlob, isUsedByOthers, nameBlobs, undoomBlob } from '../../../shared/blob/blob-uses.ts';
import { guardedBlobs } from '../../../shared/blob/guarded-blobs.ts';
import { digestBytes, type Digest } from '../../../shared/core/digest.ts';
import { startExecution } from '../../../shared/execution/admit/start-execution.ts';
import { uploadFile } from '../../../shared/execution/admit/input-files.ts';
import { findExecution } from '../../../shared/execution/execution-store.ts';
import { idSchema } from '../../../shared/core/id.ts';
import { getExecution } from '../../../shared/execution/read/get-execution.ts';
import { fileKey } from '../../../shared/manifest/file-ref.ts';
import { purgeTenant } from '../../../shared/retention/purge/purge-tenant.ts';
import { receiptDaysMin } from '../../../shared/tenant/retention.ts';
import { buildDeps, type TestHome } from '../../support/build-deps.ts';
import { large, openAgedHome, type AgedHome } from '../../support/retention/aged-home.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';

const acme = TenantId.parse('acme');
const someone = { owner: 'X#me', isThere: async () => true };

describe('the announcements', () => {
  let home: TestHome;
  const bytes = Buffer.from('the same');
  const digest = digestBytes(bytes);
  beforeEach(() => {
    home = buildDeps();
  });
  afterEach(() => home.close());

  test('a put that was announced first is seen by the purge', async () => {
    expect(await announcePut(home.deps, acme, digest)).toBe(true);
    expect(await doomBlob(home.deps, acme, digest, 'purge')).toBeDefined();
    expect(await isUsedByOthers(home.deps, acme, digest, someone)).toBe(true);
  });

  test('a put that comes later waits for the end of the erasing, and then stores the bytes', async () => {
    const { deps, clock } = home;
    const doom = (await doomBlob(deps, acme, digest, 'purge'))!;
    const put = guardedBlobs(deps, deps.blobs).put(acme, 'data', bytes);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await deps.blobs.find(acme, 'data', digest)).toBeUndefined();
    await deps.blobs.remove(acme, 'data', digest);
    await undoomBlob(deps, acme, digest, { doom, owner: 'X#me', isErased: true });
    clock.advance(60);
    await put;
    expect(await deps.blobs.find(acme, 'data', digest)).toBeDefined();
  });

  test('a put is not held for ever by a purge that died: its lease runs out', async () => {
    const { deps, clock } = home;
    await doomBlob(deps, acme, digest, 'purge');
    expect(await announcePut(deps, acme, digest)).toBe(false);
    clock.advance(21 * 60_000);
    expect(await announcePut(deps, acme, digest)).toBe(false);
    expect(await announcePut(deps, acme, digest)).toBe(true);
  });

  test('only one purge erases at a time, and the same one may begin again', async () => {
    expect(await doomBlob(home.deps, acme, digest, 'one')).toBeDefined();
    expect(await doomBlob(home.deps, acme, digest, 'other')).toBeUndefined();
    expect(await doomBlob(home.deps, acme, digest, 'one')).toBeDefined();
  });

  test('who began it again for the same purge ends it: before that no put comes in, though the first is done', async () => {
    const { deps } = home;
    const first = (await doomBlob(deps, acme, digest, 'one'))!;
    const again = (await doomBlob(deps, acme, digest, 'one'))!;
    await undoomBlob(deps, acme, digest, { doom: first, owner: 'X#me', isErased: true });
    expect(await announcePut(deps, acme, digest)).toBe(false);
    await undoomBlob(deps, acme, digest, { doom: again, owner: 'X#me', isErased: true });
    expect(await announcePut(deps, acme, digest)).toBe(true);
  });

  test('a name that nothing followed counts for a day', async () => {
    const { deps, clock } = home;
    await nameBlobs(deps, acme, 'X#crashed', [digest]);
    const nobody = { owner: 'X#me', isThere: async () => false };
    expect(await isUsedByOthers(deps, acme, digest, nobody)).toBe(true);
    clock.advance(25 * 3_600_000);
    expect(await isUsedByOthers(deps, acme, digest, nobody)).toBe(false);
    expect(await isUsedByOthers(deps, acme, digest, someone)).toBe(true);
  });
});

describe('in a home', () => {
  let home: AgedHome;
  beforeEach(async () => {
    home = await openAgedHome();
  }, 60_000);
  afterEach(async () => home.close());

  const inputsOf = async (id: string): Promise<Digest> => {
    const head = await findExecution(home.home.deps, home.actor.tenant, idSchema('exec').parse(id));
    return head!.inputs.digest;
  };

  test.each(['purge:after-inventory', 'purge:after-claim', 'purge:after-object', 'purge:after-objects', 'purge:after-rows'] as const)(
    'a run that stores the same value at %s has it afterwards',
    async (point) => {
      const old = await home.run();
      const digest = await inputsOf(old.id);
      let young: string | undefined;
      const later = home.later(receiptDaysMin + 1, async (hit) => {
        if (hit !== point || young !== undefined) return;
        young = '';
        // Started at that time, so it is not due itself.
        const { deps } = home.home;
        const started = await startExecution({ ...deps, clock: later.clock }, home.actor, { workflow: 'aged', inputs: { word: large } });
        if (started.kind === 'started') young = started.execution.id;
      });
      await purgeTenant(later, home.actor.tenant);
      expect(young).toMatch(/^exec_/);
      const ended = await home.finish(young!);
      expect(ended).toMatchObject({ state: 'succeeded', outputs: { word: large } });
      expect(await home.home.deps.blobs.find(home.actor.tenant, 'data', digest)).toBeDefined();
      await expect(getExecution(home.home.deps, home.actor, old.id)).rejects.toMatchObject({ code: 'mc:execution:purged' });
    },
  );

  test('a run whose output is the text of a published workflow does not take the workflow with it', async () => {
    const { deps } = home.home;
    const digestOf = async (): Promise<Digest> => {
      const { items } = await deps.table.query({ index: 'gsi1', pk: 'T#acme#WF', limit: 1 });
      return items[0]?.['digest'] as Digest;
    };
    const manifest = await digestOf();
    const run = await home.run();
    // As if the run had it among its inputs; no task of this test can print exactly these bytes.
    const key = { pk: `T#acme#X#${run.id}`, sk: 'EXEC' };
    await deps.table.write([{ kind: 'update', key, set: { inputs: { digest: manifest, sizeBytes: 9 } } }]);
    await home.purge(receiptDaysMin + 1);
    await expect(getExecution(deps, home.actor, run.id)).rejects.toMatchObject({ code: 'mc:execution:purged' });
    expect(await home.run('once more')).toMatchObject({ state: 'succeeded' });
    expect(await deps.blobs.find(acme, 'data', manifest)).toBeDefined();
  });

  test('an upload goes with the last run that it was given to, and a start that still names it is refused', async () => {
    const { deps } = home.home;
    await home.publish(`name: files
version: 1.0.0
inputs: { report: { type: file } }
tasks: [{ id: only, uses: 'pkg:demo/echo@1.0.0', with: { message: 'm' } }]
`);
    const file = await uploadFile(deps, home.actor, { name: 'a.txt', bytes: Buffer.from('a file') });
    const inputs = { report: { digest: file.digest, name: 'a.txt' } };
    const first = await home.finish((await home.start({ workflow: 'files', inputs })).id);
    await home.run();
    await home.purge(receiptDaysMin + 1);
    await expect(getExecution(deps, home.actor, first.id)).rejects.toMatchObject({ code: 'mc:execution:purged' });
    expect(await deps.table.get(fileKey(acme, file.digest))).toBeUndefined();
    expect(await deps.blobs.find(acme, 'data', file.digest)).toBeUndefined();
    await expect(home.start({ workflow: 'files', inputs })).rejects.toMatchObject({ code: 'mc:execution:inputs-invalid' });
  });
});

test('a purged run keeps no value from going, also one that an attempt of it named whose process died before its row', async () => {
  const home = await openAgedHome();
  try {
    const { deps } = home.home;
    const [first, second] = [await home.run('short'), await home.run()];
    const head = await findExecution(deps, acme, idSchema('exec').parse(second.id));
    const digest = head?.inputs.digest ?? digestBytes('');
    await nameBlobs(deps, acme, `X#${first.id}`, [digest]);
    await home.purge(receiptDaysMin + 1);
    await expect(deps.blobs.find(acme, 'data', digest)).resolves.toBeUndefined();
  } finally {
    await home.close();
  }
}, 60_000);
