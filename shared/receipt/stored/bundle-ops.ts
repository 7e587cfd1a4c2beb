import type { Digest } from '../../core/digest.ts';
import type { TenantId } from '../../core/tenant-id.ts';
import type { Deps } from '../../port/deps.ts';
import type { WriteOp } from '../../port/table.ts';
import type { PackedBundle } from './packed-bundle.ts';
import { storeBundle } from './store-bundle.ts';

/** As storeBundle, for a caller who names the bundle in a write of the table: what belongs into that write, or nothing when the bundle had to be stored before it. */
export async function bundleOps(
  { blobs }: Pick<Deps, 'blobs'>,
  tenant: TenantId,
  bundle: PackedBundle,
): Promise<{ digest: Digest; ops: WriteOp[] }> {
  const op = await blobs.packedOp?.(tenant, bundle);
  return op ? { digest: bundle.digest, ops: [op] } : { digest: await storeBundle({ blobs }, tenant, bundle), ops: [] };
}
