import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { TenantId } from '../../../../shared/core/tenant-id.ts';
import { bundleOf } from '../../../../shared/receipt/sign/bundle-of.ts';
import { bundleOps } from '../../../../shared/receipt/stored/bundle-ops.ts';
import { packBundle, type PackedBundle } from '../../../../shared/receipt/stored/packed-bundle.ts';
import { buildDeps, type TestHome } from '../../../support/build-deps.ts';

const tenant = TenantId.parse('acme');
const keyId = 'SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU';
const bundleOfBytes = (bytes: number): { packed: PackedBundle; text: string } => {
  const bundle = bundleOf(randomBytes(bytes), randomBytes(70), keyId);
  return { packed: packBundle(bundle), text: JSON.stringify(bundle) };
};

let home: TestHome;
beforeEach(() => {
  home = buildDeps();
});
afterEach(() => home.close());

const found = async ({ digest }: PackedBundle): Promise<string | undefined> => {
  const bytes = await home.deps.blobs.find(tenant, 'receipt', digest);
  return bytes && Buffer.from(bytes).toString('utf8');
};

describe('a bundle that a write of the table names', () => {
  test('is stored by that write, and by no other', async () => {
    const { packed, text } = bundleOfBytes(1_000);
    const { digest, ops } = await bundleOps(home.deps, tenant, packed);
    expect(digest).toBe(packed.digest);
    const refused = { kind: 'check', key: { pk: 'T#acme#TEST', sk: 'NAME' }, conditions: [{ kind: 'present' }] } as const;
    expect(await home.deps.table.write([...ops, refused])).toMatchObject({ ok: false });
    expect(await found(packed)).toBeUndefined();
    expect(await home.deps.table.write(ops)).toEqual({ ok: true });
    expect(await found(packed)).toBe(text);
  });

  test('is stored before it, when it is too large for a row', async () => {
    const { packed, text } = bundleOfBytes(100_000);
    expect(await bundleOps(home.deps, tenant, packed)).toEqual({ digest: packed.digest, ops: [] });
    expect(await found(packed)).toBe(text);
  });

  test('is stored before it, where blobs do not lie in the table', async () => {
    const { packed, text } = bundleOfBytes(1_000);
    const { blobs } = home.deps;
    const elsewhere = { ...blobs, put: blobs.put.bind(blobs), find: blobs.find.bind(blobs), remove: blobs.remove.bind(blobs) };
    expect(await bundleOps({ blobs: elsewhere }, tenant, packed)).toEqual({ digest: packed.digest, ops: [] });
    expect(await found(packed)).toBe(text);
  });
});
