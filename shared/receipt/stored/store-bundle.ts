import type { Digest } from '../../core/digest.ts';
import type { TenantId } from '../../core/tenant-id.ts';
import type { Deps } from '../../port/deps.ts';
import { unpackBundle, type PackedBundle } from './packed-bundle.ts';

/** Stores a bundle; durable when it resolves. A store that keeps no packed ones is given its JSON. */
export async function storeBundle({ blobs }: Pick<Deps, 'blobs'>, tenant: TenantId, bundle: PackedBundle): Promise<Digest> {
  if (!blobs.putPacked) return blobs.put(tenant, 'receipt', unpackBundle(bundle.packed));
  await blobs.putPacked(tenant, bundle);
  return bundle.digest;
}
