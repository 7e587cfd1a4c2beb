import type { Digest } from '../core/digest.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';
import { Bundle } from './bundle.ts';

/** The stored bundle of this digest, or undefined when the tenant has none; throws like the store for bytes that were changed. */
export async function findBundle({ blobs }: Pick<Deps, 'blobs'>, tenant: TenantId, digest: Digest): Promise<Bundle | undefined> {
  const bytes = await blobs.find(tenant, 'receipt', digest);
  return bytes && Bundle.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
}
