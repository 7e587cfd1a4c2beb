import type { Digest } from '../core/digest.ts';
import type { TenantId } from '../core/tenant-id.ts';

/** What a blob is for; it chooses the bucket or folder, its lifecycle and, on AWS, Object Lock for receipts. */
export type BlobKind = 'data' | 'log' | 'receipt';

/** Content-addressed bytes of one tenant. A blob read back always has the digest asked for, or the read throws. */
export interface BlobStore {
  /** Stores bytes and answers their digest; durable when it resolves; storing the same bytes again is harmless. */
  put(tenant: TenantId, kind: BlobKind, bytes: Uint8Array): Promise<Digest>;
  /** The bytes of a digest, or undefined when this tenant has none. Throws `mc:store:unavailable` when stored bytes do not match. */
  find(tenant: TenantId, kind: BlobKind, digest: Digest): Promise<Uint8Array | undefined>;
}
