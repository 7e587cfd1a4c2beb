import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { homeOverStores } from '../../../../cli/host/backed-up-home.ts';
import { getExecution } from '../../../../shared/execution/read/get-execution.ts';
import { getReceipt } from '../../../../shared/execution/read/get-receipt.ts';
import { readLogs } from '../../../../shared/execution/read/read-logs.ts';
import { logIdentity } from '../../../../shared/log/log-identity.ts';
import { readHead } from '../../../../shared/log/log-store.ts';
import { listLogs, listRetiredLogs } from '../../../../shared/log/retired-logs.ts';
import { monitorLog } from '../../../../shared/log-monitor/monitor-log.ts';
import { idSchema } from '../../../../shared/core/id.ts';
import { Digest } from '../../../../shared/core/digest.ts';
import type { Bundle } from '../../../../shared/receipt/bundle.ts';
import { listBackups } from '../../../../shared/embedded/backup/backup-folder.ts';
import { makeBackup } from '../../../../shared/embedded/backup/make-backup.ts';
import { newestBackupAt } from '../../../../shared/embedded/backup/newest-backup.ts';
import { beginPurge, carryOut } from '../../../../shared/retention/purge/carry-out.ts';
import { getDeletionManifest } from '../../../../shared/retention/get-deletion-manifest.ts';
import { applyDeletionManifest } from '../../../../shared/retention/reapply-purge.ts';
import { requestRotation } from '../../../../shared/rotation/request-rotation.ts';
import { getRotation, type RotationKind } from '../../../../shared/rotation/rotation.ts';
import { predicateTypes } from '../../../../shared/receipt/statement.ts';
import { verifyBundle } from '../../../../shared/receipt/verify-bundle.ts';
import { getStatement } from '../../../../shared/statements/get-statement.ts';
import { verifyOwn } from '../../../../shared/receipt/verify-own.ts';
import type { Engine } from '../../../support/open-engine.ts';
import { filesBelow, openBackupScene, passphrase, type BackupScene } from '../../../support/backup/backup-scene.ts';
import { deletionManifests } from '../../../support/retention/deletion-manifests.ts';

const slowMs = 60_000;
let scene: BackupScene;
beforeAll(async () => {
  scene = await openBackupScene();
}, slowMs);
afterAll(() => scene.close());
beforeEach(() => rmSync(scene.target, { recursive: true, force: true }));

describe('a home that is restored from a backup', () => {
  test(
    'has every run, blob and receipt of the moment of the backup, and nothing of later',
    async () => {
      const { engine } = scene;
      const before = await scene.run(5);
      const file = Digest.parse(await scene.upload('before'));
      const made = await scene.backUp();
      const after = await scene.run(2);

      const restored = await scene.restore();

      expect(restored.home?.statements).toBeGreaterThanOrEqual(5);
      expect(restored.backup.id).toBe(made.id);
      const owner = { ...engine.actor, tenant: engine.home.deps.config.ownerTenant };
      const { statement } = verifyBundle(await getStatement(engine.home.deps, owner, { id: made.id, form: 'key' }), {
        pem: (await engine.home.deps.signer.publicKey()).pem,
        requireLog: true,
      });
      expect(statement.predicateType).toBe(predicateTypes.backup);
      const home = await scene.open();
      try {
        const logs = await listLogs(home.deps);
        for (const id of before) {
          const { bundle } = await getReceipt(home.deps, engine.actor, id);
          expect(bundle).toEqual((await getReceipt(engine.home.deps, engine.actor, id)).bundle);
          await expect(verifyOwn(home.deps, bundle, { logs, requireLog: true })).resolves.toMatchObject({ log: expect.anything() });
        }
        for (const id of after)
          await expect(getReceipt(home.deps, engine.actor, id)).rejects.toMatchObject({ code: expect.stringMatching(/not-found/) });
        expect((await home.deps.blobs.find(engine.actor.tenant, 'data', file))?.byteLength).toBe(200_000);
      } finally {
        await home.close();
      }
    },
    slowMs,
  );

  test(
    'begins another log and never appends to the old one, whose proofs it still gives',
    async () => {
      const { engine } = scene;
      const [id = ''] = await scene.run(1);
      const old = logIdentity(await engine.home.deps.logKey.publicKey());
      await getReceipt(engine.home.deps, engine.actor, id);
      await scene.backUp();
      // Somebody holds a checkpoint of what the backup does not have.
      await scene.run(1);
      const { home: restored } = await scene.restore();

      expect(restored?.statement.endedLog).toMatchObject({ origin: old.origin });
      expect(restored?.statement.endedLog.knownSize).toBeGreaterThan(restored?.statement.endedLog.size ?? 0);
      const home = await scene.open();
      try {
        const [current, retired] = await listLogs(home.deps);
        expect(retired?.origin).toBe(old.origin);
        expect(current?.origin).toBe(restored?.statement.newLog.origin);
        expect(current?.origin).not.toBe(old.origin);
        expect((await getReceipt(home.deps, engine.actor, id)).bundle).toEqual(
          (await getReceipt(engine.home.deps, engine.actor, id)).bundle,
        );
        expect((await readHead(home.deps))?.size).toBeGreaterThan(0);
        expect((await monitorLog(home.deps)).differences).toEqual([]);
        expect(await listRetiredLogs(home.deps)).toHaveLength(1);
        expect(existsSync(join(scene.target, 'keys', 'log.pem'))).toBe(true);
      } finally {
        await home.close();
      }
    },
    slowMs,
  );

  test(
    'can be backed up and restored in turn, into a folder of its own',
    async () => {
      const { engine } = scene;
      const [id = ''] = await scene.run(1);
      await scene.backUp();
      await scene.restore();
      const { openHomeStores } = await import('../../../../cli/host/home-stores.ts');
      const stores = await openHomeStores(scene.target);
      const second = join(scene.to, '..', 'second');
      try {
        const into = (to: string): Promise<unknown> =>
          makeBackup({ ...stores, home: homeOverStores(stores) }, { dataDir: scene.target, to, passphrase: null });
        await expect(into(scene.to)).rejects.toMatchObject({
          code: 'mc:backup:place',
          message: expect.stringContaining('holds backups of the home'),
        });
        await into(second);
      } finally {
        stores.close();
      }
      const keys = { folder: join(scene.target, 'keys') };
      const again = await scene.restore({ from: second, keys, dataDir: `${scene.target}-2` });
      expect(again.backup.sealedKeys).toBeNull();
      const twice = await openHomeStores(`${scene.target}-2`);
      try {
        expect(await listLogs(twice)).toHaveLength(3);
        expect((await getReceipt(twice, engine.actor, id)).bundle).toEqual((await getReceipt(engine.home.deps, engine.actor, id)).bundle);
      } finally {
        twice.close();
        rmSync(`${scene.target}-2`, { recursive: true, force: true });
      }
    },
    slowMs,
  );

  test(
    'goes on with the runs that were open at the backup',
    async () => {
      const { engine } = scene;
      let open: (() => void) | undefined;
      engine.simulate((spec) => ({
        result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 0 } },
        until: new Promise<void>((resolve) => (open = resolve)),
      }));
      const { id } = await engine.start({ workflow: 'one' });
      while (open === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
      await scene.backUp();
      open();
      await engine.finish(id);
      engine.simulate((spec) => ({ result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 0 } } }));
      await scene.restore();
      const home = await scene.open();
      try {
        const until = Date.now() + 10_000;
        while (home.pending() > 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
        expect(await getExecution(home.deps, engine.actor, id)).toMatchObject({ id, state: 'succeeded' });
      } finally {
        await home.close();
      }
    },
    slowMs,
  );

  test(
    'purges once more what was purged after the backup, by its deletion manifests, and takes no word of others',
    async () => {
      const { engine } = scene;
      engine.simulate((spec) => ({
        result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 0 } },
        log: [{ at: 1, stream: 'stdout', text: 'a secret' }],
      }));
      const [id = ''] = await scene.run(1);
      while (engine.home.pending() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      await scene.backUp();
      const { deps } = engine.home;
      const { tenant } = engine.actor;
      const runs = [{ id: idSchema('exec').parse(id), workflow: 'one', rule: 'in this test' }];
      // After the ninety days for which logs are kept.
      const later = { ...deps, clock: { ...deps.clock, now: () => Date.now() + 100 * 86_400_000 } };
      await carryOut(later, tenant, await beginPurge(later, tenant, { kind: 'logs', runs, reason: 'asked for', startedBy: 'test' }));
      const manifests: Bundle[] = [];
      for await (const bundle of deletionManifests(deps, engine.actor.tenant)) manifests.push(bundle);
      expect(manifests).toHaveLength(1);

      const forged = structuredClone(manifests[0]);
      if (forged) forged.dsseEnvelope.payload = Buffer.from('{}').toString('base64');
      await expect(scene.restore({ amend: async (stores) => void (await applyDeletionManifest(stores, forged)) })).rejects.toMatchObject({
        code: 'mc:receipt:invalid',
      });
      expect(existsSync(scene.target)).toBe(false);
      await scene.restore({
        amend: async (stores) => {
          for (const manifest of manifests) await applyDeletionManifest(stores, manifest);
        },
      });
      const home = await scene.open();
      try {
        await expect(readLogs(home.deps, engine.actor, { id })).rejects.toMatchObject({ code: 'mc:execution:purged' });
      } finally {
        await home.close();
      }
      rmSync(scene.target, { recursive: true });
      await scene.restore();
      const unpurged = await scene.open();
      try {
        expect(JSON.stringify(await readLogs(unpurged.deps, engine.actor, { id }))).toContain('a secret');
      } finally {
        await unpurged.close();
      }
    },
    slowMs,
  );
});

describe('a home that is restored from a backup of before a rotation', () => {
  test(
    'purges once more what was purged since, by a manifest of the new key, where the operator names that key',
    async () => {
      const { engine } = scene;
      const { deps } = engine.home;
      const [id = ''] = await scene.run(1);
      while (engine.home.pending() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      const backup = await scene.backUp();
      await rotate(engine, 'signer');
      const { pem } = await deps.signer.publicKey();
      const runs = [{ id: idSchema('exec').parse(id), workflow: 'one', rule: 'in this test' }];
      // After the ninety days for which logs are kept.
      const later = { ...deps, clock: { ...deps.clock, now: () => Date.now() + 100 * 86_400_000 } };
      const purge = await beginPurge(later, engine.actor.tenant, { kind: 'logs', runs, reason: 'asked for', startedBy: 'test' });
      await carryOut(later, engine.actor.tenant, purge);
      const { bundle } = await getDeletionManifest(deps, engine.actor, purge.id);

      const restore = async (keys: readonly string[]): Promise<unknown> =>
        scene.restore({ id: backup.id, amend: async (stores) => void (await applyDeletionManifest(stores, bundle, keys)) });
      const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }).toString();
      for (const keys of [[], [foreign]])
        await expect(restore(keys)).rejects.toMatchObject({
          code: 'mc:receipt:invalid',
          message: expect.stringContaining('none of this home'),
        });
      await restore([foreign, pem]);
      const home = await scene.open();
      try {
        await expect(readLogs(home.deps, engine.actor, { id })).rejects.toMatchObject({ code: 'mc:execution:purged' });
      } finally {
        await home.close();
      }
    },
    slowMs,
  );
});

describe('a backup', () => {
  test(
    'copies only blobs that the backup before did not have, and is signed and logged',
    async () => {
      await scene.upload('once');
      await scene.backUp();
      await scene.upload('new one');
      const second = await scene.backUp();
      expect(second.newBytes).toBeGreaterThan(200_000);
      expect(second.newBytes).toBeLessThan(250_000);
      const third = await scene.backUp();
      expect(third.newBytes).toBe(0);
      const row = await scene.engine.home.deps.table.get({ pk: 'T#local#BACKUP', sk: third.id });
      expect(row).toMatchObject({ leaf: expect.stringMatching(/^[0-9a-f]{64}$/) });
      expect(third.facts.log.origin).toBe(logIdentity(await scene.engine.home.deps.logKey.publicKey()).origin);
    },
    slowMs,
  );

  test(
    'is the newest one also when the clock went back since the one before, and is not pruned in its place',
    async () => {
      const to = join(scene.to, '..', 'clocks');
      const before = await scene.backUp({ to }, 86_400_000);
      expect(newestBackupAt(to)).toBeGreaterThan(Date.now());
      const made = await scene.backUp({ to, keep: 1 });
      expect(listBackups(to)).toEqual([made.id]);
      expect(made.id > before.id).toBe(true);
      expect(newestBackupAt(to)).toBe(Date.parse(made.takenAt));
      expect((await scene.restore({ from: to, isDryRun: true })).backup.takenAt).toBe(made.takenAt);
    },
    slowMs,
  );

  test(
    'holds no key in readable form, and without keys is restored only with the kept ones',
    async () => {
      const made = await scene.backUp({ passphrase: null });
      const names = filesBelow(made.folder);
      expect(names).toEqual(['backup.sigstore.json', 'blobs.ndjson', 'table.sqlite']);
      await expect(scene.restore()).rejects.toMatchObject({ code: 'mc:backup:keys', message: expect.stringContaining('without keys') });
      await expect(scene.restore({ keys: { folder: scene.to } })).rejects.toMatchObject({ code: 'mc:backup:keys' });
      await expect(scene.restore({ keys: { folder: join(scene.engine.folder, 'keys') } })).resolves.toMatchObject({
        backup: { id: made.id },
      });
    },
    slowMs,
  );

  test(
    'is refused where it could mix with something else',
    async () => {
      const inside = join(scene.engine.folder, 'backups');
      await expect(scene.backUp({ to: inside })).rejects.toMatchObject({ code: 'mc:backup:place' });
      await expect(scene.backUp({ to: join(scene.engine.folder, '..') })).rejects.toMatchObject({ code: 'mc:backup:place' });
      const documents = join(scene.to, '..', 'documents');
      mkdirSync(documents);
      writeFileSync(join(documents, 'letter.txt'), 'dear');
      await expect(scene.backUp({ to: documents })).rejects.toMatchObject({
        code: 'mc:backup:place',
        message: expect.stringContaining('letter.txt'),
      });
      await expect(scene.backUp({ passphrase: 'short' })).rejects.toMatchObject({ code: 'mc:backup:keys' });
      await expect(scene.backUp({ dataDir: documents })).rejects.toMatchObject({ code: 'mc:backup:not-found' });
      await expect(scene.backUp({ onStep: async (step) => void (step === 'table' && (await scene.backUp())) })).rejects.toMatchObject({
        code: 'mc:backup:busy',
      });
    },
    slowMs,
  );

  test(
    'of a folder with a link among the blobs is refused',
    async () => {
      const link = join(scene.engine.folder, 'blobs', 'acme', 'data', 'link');
      symlinkSync('/etc/hostname', link);
      await expect(scene.backUp()).rejects.toMatchObject({ code: 'mc:store:damaged' });
      rmSync(link);
    },
    slowMs,
  );

  test(
    'has a blob that a purge removes while it is made, because the copied table may name it',
    async () => {
      const digest = Digest.parse(await scene.upload('soon gone'));
      const { deps } = scene.engine.home;
      const made = await scene.backUp({
        onStep: async (step) => void (step === 'late-blobs' && (await deps.blobs.remove(scene.engine.actor.tenant, 'data', digest))),
      });
      expect(made.facts.blobs.count).toBeGreaterThan(0);
      await scene.restore();
      const home = await scene.open();
      try {
        expect(await home.deps.blobs.find(scene.engine.actor.tenant, 'data', digest)).toBeDefined();
      } finally {
        await home.close();
      }
    },
    slowMs,
  );

  test(
    'is refused when keys were rotated while it was made, since nobody could restore it; the next one has the new keys',
    async () => {
      const { deps } = scene.engine.home;
      const busy = { code: 'mc:backup:busy', message: expect.stringContaining('keys of the home changed') };
      const before = await scene.backUp();
      await expect(
        scene.backUp({ onStep: async (step) => void (step === 'late-blobs' && (await rotate(scene.engine, 'data'))) }),
      ).rejects.toMatchObject(busy);
      // As a home does it that backs itself up: it signs with the key of this moment.
      const home = homeOverStores(deps);
      const state: typeof home.state = async (facts) => {
        await rotate(scene.engine, 'signer');
        return home.state(facts);
      };
      const options = { dataDir: scene.engine.folder, to: scene.to, passphrase };
      await expect(makeBackup({ ...deps, home: { ...home, state } }, options)).rejects.toMatchObject(busy);
      expect(listBackups(scene.to).at(-1)).toBe(before.id);
      const made = await makeBackup({ ...deps, home }, options);
      expect((await scene.restore()).backup.id).toBe(made.id);
    },
    slowMs,
  );
});

/** Rotates a key to the end, without a window. */
async function rotate({ home: { deps }, actor }: Engine, kind: RotationKind): Promise<void> {
  const owner = { ...actor, tenant: deps.config.ownerTenant };
  const { id } = await requestRotation(deps, owner, { kind, reason: 'a test', windowHours: 0 });
  while ((await getRotation(deps, id)).step !== 'finished') await new Promise((resolve) => setTimeout(resolve, 10));
}
