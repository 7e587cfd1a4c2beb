import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { digestBytes, hexOf } from '../../../shared/core/digest.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { FileBlobs } from '../../../shared/embedded/blobs/file-blobs.ts';
import { SmallBlobs } from '../../../shared/embedded/blobs/small-blobs.ts';
import type { BlobName } from '../../../shared/port/sealed-store.ts';
import { describeSealedStore } from '../../contract/sealed-store-contract.ts';
import { buildDeps } from '../../support/build-deps.ts';

function plantFile(root: string, { tenant, kind, digest }: BlobName, bytes: Uint8Array): void {
  const hex = hexOf(digest);
  const path = join(root, tenant, kind, hex.slice(0, 2), hex);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

describeSealedStore('sealed bytes in files', async ({ folder }) => {
  const root = join(folder, 'only-files');
  return { store: new FileBlobs(root), plant: async (name, bytes) => plantFile(root, name, bytes), close: () => undefined };
});

describeSealedStore('sealed bytes in rows, and in files when they are large', async ({ folder, table }) => {
  const root = join(folder, 'large-files');
  return {
    store: new SmallBlobs(table, new FileBlobs(root)),
    plant: async (name, bytes) => {
      if (bytes.byteLength > 64 * 1024) return plantFile(root, name, bytes);
      const text = Buffer.from(bytes).toString();
      const item = { pk: `T#${name.tenant}#BLOB#${name.kind}`, sk: hexOf(name.digest) };
      // As 0.2.0 did: text as text, anything else in base64.
      await table.write([
        {
          kind: 'put',
          item: Buffer.from(text).equals(bytes) ? { ...item, text } : { ...item, bytes: Buffer.from(bytes).toString('base64') },
        },
      ]);
    },
    close: () => undefined,
  };
});

test('a file is durable under its name, and so are the folders made for it; its removal too', async () => {
  const home = buildDeps();
  const root = join(home.folder, 'durable');
  const bytes = Buffer.alloc(100_000, 1);
  const name: BlobName = { tenant: TenantId.parse('acme'), kind: 'data', digest: digestBytes(bytes) };
  await home.deps.blobs.put(name.tenant, name.kind, bytes);
  const envelope = await new FileBlobs(join(home.folder, 'blobs')).find(name);
  const hex = hexOf(name.digest);
  const folder = join(root, 'acme', 'data', hex.slice(0, 2));
  const seen: [string, boolean][] = [];
  mkdirSync(root);
  const store = new FileBlobs(root, async (path) => void seen.push([path, existsSync(join(folder, hex))]));
  await store.put(name, envelope ?? Buffer.alloc(0));
  expect(seen).toEqual([folder, join(root, 'acme', 'data'), join(root, 'acme'), root].map((path) => [path, true]));
  await store.remove(name);
  expect(seen.slice(4)).toEqual([[folder, false]]);
  await store.put(name, envelope ?? Buffer.alloc(0));
  expect(seen.slice(5)).toEqual([[folder, true]]);
  home.close();
});

test('a file that is there, sealed with the same key, is not written again', async () => {
  const home = buildDeps();
  const bytes = Buffer.alloc(100_000, 1);
  const digest = digestBytes(bytes);
  const path = join(home.folder, 'blobs', 'acme', 'data', hexOf(digest).slice(0, 2), hexOf(digest));
  await home.deps.blobs.put(TenantId.parse('acme'), 'data', bytes);
  const first = statSync(path).ino;
  await home.deps.blobs.put(TenantId.parse('acme'), 'data', bytes);
  expect(statSync(path).ino).toBe(first);
  home.close();
});
