/**
 * What only an embedded home can do within a test, end to end: a backup, a purge of a run that was made older in the table, and a restore which purges that run once more.
 * And what it signs of all that, verified as everything else that a home signs.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { MaestroClient } from '../../cli/client/maestro-client.ts';
import { startHost, type RunningHost } from '../../cli/host/start-host.ts';
import { fileEvidence } from '../../scripts/bench/restore-drill/file-evidence.ts';
import { Digest, digestBytes } from '../../shared/core/digest.ts';
import { idSchema } from '../../shared/core/id.ts';
import { headKey } from '../../shared/execution/execution-record.ts';
import { Bundle } from '../../shared/receipt/bundle.ts';
import { receiptDaysMin } from '../../shared/tenant/retention.ts';
import { changed, flipped } from '../support/identity/key-cases.ts';
import { kindsOfEmbeddedHome } from '../support/identity/signed-kinds.ts';
import { testSignedKinds, type SignedKind, type SignedScene } from '../support/identity/test-signed-kinds.ts';
import { jsonOf, runCli, type CliResult } from '../support/cli/run-cli.ts';
import { echoManifest, problemOf, publish, run, slowMs } from './tested-home.ts';

const Made = z.object({ id: idSchema('bak'), table: z.object({ digest: Digest }) });
const dayMs = 24 * 3_600_000;

const folder = mkdtempSync(join(tmpdir(), 'maestro-embedded-'));
const [dataDir, backups, restoredDir] = [join(folder, 'home'), join(folder, 'backups'), join(folder, 'restored')];
const [passphraseFile, tombstones] = [join(folder, 'passphrase'), join(folder, 'tombstones.ndjson')];

let first: OpenHome;
let restored: OpenHome;
let backup: z.infer<typeof Made>;
let kept: { id: string; receipt: string };
let purged: { id: string; manifest: string; inventory: string; purge: string };

interface OpenHome {
  host: RunningHost;
  client: MaestroClient;
}

async function open(dir: string): Promise<OpenHome> {
  const host = await startHost({ port: 0, dataDir: dir, isAnnounced: false });
  return { host, client: new MaestroClient(host) };
}

/** As if the run had ended so long ago that nothing keeps it. */
async function makeOld({ home: { deps } }: RunningHost, id: string): Promise<void> {
  const key = headKey(deps.config.ownerTenant, idSchema('exec').parse(id));
  // Until it is recorded, it is not purged.
  while ((await deps.table.get(key))?.gsi2pk !== undefined) await delay(20);
  const endedAt = deps.clock.now() - (receiptDaysMin + 1) * dayMs;
  await deps.table.write([{ kind: 'update', key, set: { endedAt }, conditions: [{ kind: 'present' }] }]);
}

async function purge({ host, client }: OpenHome, id: string): Promise<typeof purged> {
  await makeOld(host, id);
  const { purges } = await client.retention.purge('local', { execution: id, reason: 'the end-to-end suite' });
  const name = purges[0]?.id ?? 'nothing was purged';
  const [manifest, inventory] = [await client.retention.manifest(name), await client.retention.manifest(name, 'inventory')];
  return { id, purge: name, manifest, inventory };
}

/** The bundle with one bit of its statement changed. */
const altered = (bundle: string): string =>
  changed(Bundle.parse(JSON.parse(bundle)), ({ dsseEnvelope: e }) => void (e.payload = flipped(e.payload)));

const maestro = (...args: string[]): Promise<CliResult> => runCli(args, { env: { MC_DATA_DIR: dataDir } });
const restore = (to: string, ...args: string[]): Promise<CliResult> =>
  maestro('restore', '--from', backups, '--data-dir', to, '--passphrase-file', passphraseFile, ...args);

async function sceneOf<Name extends string>(client: MaestroClient, kinds: Record<Name, SignedKind>): Promise<SignedScene<Name>> {
  const { keys } = await client.listKeys();
  return { kinds, root: JSON.parse(await client.getTrustedRoot()), pems: keys.map(({ pem }) => pem) };
}

beforeAll(async () => {
  writeFileSync(passphraseFile, 'correct horse battery staple\n', { mode: 0o600 });
  first = await open(dataDir);
  const { client } = first;
  const workflow = await publish(first, echoManifest('saved', { outputs: { said: '${{ tasks.echo.outputs.said }}' } }));
  const [one, other] = [await run(first, { workflow: workflow.id }), await run(first, { workflow: workflow.id })];
  kept = { id: one.id, receipt: await client.getReceipt(one.id) };
  const made = await maestro('backup', '--to', backups, '--passphrase-file', passphraseFile, '--json');
  expect(made).toMatchObject({ code: 0 });
  backup = Made.parse(jsonOf(made));
  purged = await purge(first, other.id);
  writeFileSync(tombstones, `${purged.manifest}\n`);
  expect(await restore(restoredDir, '--tombstones', tombstones)).toMatchObject({ code: 0 });
  restored = await open(restoredDir);
}, slowMs);
afterAll(async () => {
  await restored.host.close();
  await first.host.close();
  rmSync(folder, { recursive: true, force: true });
}, slowMs);

const { restore: restoreKind, 'restore drill': drillKind, ...kindsOfTheFirst } = kindsOfEmbeddedHome;

describe('what an embedded home signs', () => {
  let scene: SignedScene<keyof typeof kindsOfTheFirst>;
  beforeAll(async () => {
    const { client } = first;
    scene = await sceneOf(client, {
      backup: { artifact: backup.table.digest, get: (form) => client.getStatement(backup.id, { form }) },
      'deletion manifest': { artifact: digestBytes(purged.inventory), get: (form) => client.getStatement(purged.purge, { form }) },
    });
  });
  testSignedKinds(kindsOfTheFirst, () => scene, slowMs);
});

describe('what a restored home signs', () => {
  let scene: SignedScene<'restore'>;
  beforeAll(async () => {
    const { client } = restored;
    const get: SignedKind['get'] = (form) => client.getStatement(backup.id, { form, name: 'restore' });
    scene = await sceneOf(client, { restore: { artifact: backup.table.digest, get } });
  });
  testSignedKinds({ restore: restoreKind }, () => scene, slowMs);

  test('is had from it alone', async () => {
    expect(await problemOf(first.client.getStatement(backup.id, { name: 'restore' }))).toMatchObject({ code: 'mc:statement:not-found' });
    expect(await problemOf(restored.client.getStatement(backup.id, { name: 'another' }))).toMatchObject({ code: 'mc:statement:not-found' });
  });

  test(
    'is had and verified on the command line',
    async () => {
      const { url, token } = restored.host;
      const asked = (...args: string[]): Promise<CliResult> => runCli(args, { cwd: folder, env: { MC_URL: url, MC_TOKEN: token } });
      await asked('keys', 'export', '-o', 'mc.pub');
      await asked('keys', 'export', '--trusted-root', '-o', 'root.json');
      const saved = await asked('receipt', backup.id, '--name', 'restore', '-o', 'restore.json');
      expect(saved).toMatchObject({ code: 0, stdout: expect.stringContaining('cosign verify-blob-attestation') });
      const bundle = readFileSync(join(folder, 'restore.json'), 'utf8');
      expect(JSON.parse(bundle)).toEqual(JSON.parse(await restored.client.getStatement(backup.id, { name: 'restore' })));
      const verify = async (): Promise<number | null> =>
        (await asked('verify-bundle', backup.table.digest, '--bundle', 'restore.json', '--key', 'mc.pub', '--trusted-root', 'root.json'))
          .code;
      expect(await verify()).toBe(0);
      writeFileSync(join(folder, 'restore.json'), altered(bundle));
      expect(await verify()).toBe(1);
    },
    slowMs,
  );
});

describe('what a drill files', () => {
  let scene: SignedScene<'restore drill'>;
  beforeAll(async () => {
    const report = { drilledAt: '2026-11-21T00:00:00.000Z', machine: { class: 'test' }, figures: { backup: { id: backup.id } }, tests: [] };
    const files = await fileEvidence(report, { dataDir: restoredDir, place: folder });
    const read = (ending: string): string => readFileSync(join(folder, files.find((file) => file.endsWith(ending)) ?? ''), 'utf8');
    const get: SignedKind['get'] = async (form) => read(form === 'key' ? '.sigstore.json' : '.identity.json');
    scene = {
      kinds: { 'restore drill': { artifact: digestBytes(read(files[0] ?? 'the figures')), get } },
      root: JSON.parse(read('.trusted-root.json')),
      pems: [read('.pub')],
    };
  });
  testSignedKinds({ 'restore drill': drillKind }, () => scene, slowMs);
});

describe('a restored home', () => {
  test(
    'answers the receipts of before the backup byte for byte, and runs again',
    async () => {
      expect(await restored.client.getReceipt(kept.id)).toBe(kept.receipt);
      expect(await run(restored, { workflow: 'saved' })).toMatchObject({ state: 'succeeded' });
    },
    slowMs,
  );

  test('has nothing of a run that was purged after the backup, when it was told with --tombstones', async () => {
    expect(await problemOf(restored.client.getExecution(purged.id))).toMatchObject({ code: 'mc:execution:purged', status: 410 });
    const [again] = (await restored.client.retention.listPurges('local')).items;
    expect(again).toMatchObject({ again: purged.purge, runs: [{ id: purged.id }] });
  });

  test(
    'is there though a rotation since the backup made the key of its --tombstones, when --key names that key',
    async () => {
      const { client } = first;
      const { id } = await client.rotateKey({ kind: 'signer', reason: 'the end-to-end suite', windowHours: 0 });
      while ((await client.getKeyRotation(id)).step !== 'finished') await delay(20);
      const later = await purge(first, kept.id);
      const [key, to] = [join(folder, 'mc.pub'), join(folder, 'rotated')];
      writeFileSync(tombstones, `${later.manifest}\n`);
      writeFileSync(key, (await client.listKeys()).keys.map(({ pem }) => pem).join(''));
      expect(await restore(to, '--tombstones', tombstones)).toMatchObject({ code: 4 });
      expect(await restore(to, '--tombstones', tombstones, '--key', key)).toMatchObject({ code: 0 });
    },
    slowMs,
  );

  test(
    'is not there when --tombstones names what is no deletion manifest of the home',
    async () => {
      const to = join(folder, 'refused');
      const cases: [string, string][] = [
        [altered(purged.manifest), 'mc:receipt:invalid'],
        [kept.receipt, 'mc:receipt:invalid'],
        ['no JSON', 'Line 1'],
      ];
      for (const [text, reason] of cases) {
        writeFileSync(tombstones, `${text}\n`);
        const { code, stderr } = await restore(to, '--tombstones', tombstones);
        expect([code === 0, stderr]).toEqual([false, expect.stringContaining(reason)]);
        expect(existsSync(to)).toBe(false);
      }
    },
    slowMs,
  );
});
