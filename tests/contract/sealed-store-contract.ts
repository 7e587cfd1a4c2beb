/** What every store of sealed bytes does, and what the blob port over it does. Both homes run it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { digestBytes } from '../../shared/core/digest.ts';
import { TenantId } from '../../shared/core/tenant-id.ts';
import { dataKeyOf } from '../../shared/encryption/envelope.ts';
import { seal } from '../../shared/encryption/seal.ts';
import { SealedBlobs } from '../../shared/encryption/sealed-blobs.ts';
import type { BlobKind } from '../../shared/port/blob-store.ts';
import type { BlobName, SealedStore } from '../../shared/port/sealed-store.ts';
import { buildDeps, type TestHome } from '../support/build-deps.ts';

interface TestedStore {
  store: SealedStore;
  /** Puts bytes there as an earlier version or somebody else did, past every guard. */
  plant: (name: BlobName, bytes: Uint8Array) => Promise<void>;
  close(): void;
}

const kinds: readonly BlobKind[] = ['data', 'log', 'receipt'];
const [acme, beta] = ['acme', 'beta'].map((name) => TenantId.parse(name)) as [TenantId, TenantId];
const monthMs = 31 * 86_400_000;
const sizes = [0, 1, 4_096, 80_000, 3 * 1024 * 1024];

const nameOf = (kind: BlobKind, bytes: Uint8Array | string, tenant = acme): BlobName => ({ tenant, kind, digest: digestBytes(bytes) });

/** What a test of the suite works on. */
interface Scene extends TestedStore {
  home: TestHome;
  blobs: SealedBlobs;
}

const lying = async ({ store }: Scene, name: BlobName): Promise<Buffer> => Buffer.from((await store.find(name)) ?? []);
const read = async ({ blobs }: Scene, { tenant, kind, digest }: BlobName): Promise<Buffer> =>
  Buffer.from((await blobs.find(tenant, kind, digest)) ?? []);

export function describeSealedStore(what: string, openStore: (home: TestHome) => Promise<TestedStore>): void {
  describe(what, () => {
    let scene: Scene;
    beforeAll(async () => {
      const home = buildDeps();
      const tested = await openStore(home);
      scene = { ...tested, home, blobs: new SealedBlobs(tested.store, home.deps.dataKeys) };
    });
    afterAll(() => {
      scene.close();
      scene.home.close();
    });

    describeGuard(() => scene);
    describeBlobs(() => scene);
    describeOldPlaintext(() => scene);
    describeMonths(() => scene);
  });
}

function describeGuard(scene: () => Scene): void {
  test.each(kinds)('refuses plaintext of the kind %s, and keeps nothing of it', async (kind) => {
    const { store } = scene();
    for (const bytes of [Buffer.alloc(0), Buffer.from('{"a":"secret"}'), Buffer.alloc(100_000, 7), Buffer.from('MCE\x01\x01')]) {
      const name = nameOf(kind, bytes);
      await expect(store.put(name, bytes)).rejects.toMatchObject({ code: 'mc:store:plaintext' });
      expect(await store.find(name)).toBeUndefined();
    }
  });
}

function describeBlobs(scene: () => Scene): void {
  test.each(sizes)('%i bytes come back as they were, and do not lie there as they are', async (size) => {
    const { blobs } = scene();
    for (const kind of kinds) {
      const bytes = Buffer.alloc(size, `${kind} of somebody, `);
      expect(await blobs.put(acme, kind, bytes)).toBe(digestBytes(bytes));
      expect((await read(scene(), nameOf(kind, bytes))).equals(bytes)).toBe(true);
      const found = await lying(scene(), nameOf(kind, bytes));
      expect(dataKeyOf(found)).toMatch(/^2026-01\.1$/);
      if (size > 20) expect(found.includes('somebody')).toBe(false);
    }
  });

  test('what nobody stored is not there, and neither is what another tenant stored', async () => {
    const { blobs } = scene();
    const digest = await blobs.put(acme, 'data', Buffer.from('mine'));
    expect(await blobs.find(beta, 'data', digest)).toBeUndefined();
    expect(await blobs.find(acme, 'log', digest)).toBeUndefined();
    expect(await blobs.find(acme, 'data', digestBytes('never'))).toBeUndefined();
  });

  test('an envelope of another tenant, kind or content is refused', async () => {
    const { blobs, plant, home } = scene();
    const theirs = Buffer.from('theirs');
    const digest = digestBytes(theirs);
    await blobs.put(beta, 'data', theirs);
    for (const [name, sealing] of [
      [nameOf('data', theirs), { tenant: beta, purpose: 'data', digest }],
      [nameOf('log', theirs), { tenant: acme, purpose: 'data', digest }],
      [nameOf('data', 'other'), { tenant: acme, purpose: 'data', digest }],
    ] as const) {
      await plant(name, await seal(home.deps.dataKeys, sealing, theirs));
      await expect(blobs.find(name.tenant, name.kind, name.digest)).rejects.toMatchObject({ code: 'mc:store:undecryptable' });
    }
  });

  test('what was removed is gone, and removing it again changes nothing', async () => {
    const { blobs } = scene();
    for (const bytes of [Buffer.from('goes'), Buffer.alloc(100_000, 3)]) {
      const digest = await blobs.put(acme, 'data', bytes);
      expect(await blobs.remove(acme, 'data', digest)).toBe(true);
      expect(await blobs.remove(acme, 'data', digest)).toBe(true);
      expect(await blobs.find(acme, 'data', digest)).toBeUndefined();
    }
  });
}

function describeOldPlaintext(scene: () => Scene): void {
  test('plaintext of an earlier version is read, when it has its digest', async () => {
    const likeAnEnvelope = Buffer.from(`MCE\x01\x01\x092026-01.1${'x'.repeat(60)}`);
    for (const bytes of [Buffer.from('{"of":"0.2.0"}'), Buffer.alloc(70_000, 1), likeAnEnvelope]) {
      await scene().plant(nameOf('log', bytes), bytes);
      expect((await read(scene(), nameOf('log', bytes))).equals(bytes)).toBe(true);
    }
  });

  test('plaintext with another digest is refused', async () => {
    await scene().plant(nameOf('data', 'original'), Buffer.from('altered'));
    await expect(scene().blobs.find(acme, 'data', digestBytes('original'))).rejects.toMatchObject({ code: 'mc:store:unavailable' });
  });
}

function describeMonths(scene: () => Scene): void {
  test('content that is stored again in a later month is sealed with the key of that month', async () => {
    const { blobs, home } = scene();
    for (const bytes of [Buffer.from('twice'), Buffer.alloc(100_000, 'twice')]) {
      const name = nameOf('log', bytes);
      const put = async (): Promise<string | undefined> => {
        await blobs.put(acme, 'log', bytes);
        return dataKeyOf(await lying(scene(), name));
      };
      const first = await put();
      expect(await put()).toBe(first);
      home.clock.advance(monthMs);
      expect(await put()).not.toBe(first);
      expect((await read(scene(), name)).equals(bytes)).toBe(true);
    }
  });
}
