import type { Digest } from '../core/digest.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { PackedBundle } from '../receipt/stored/packed-bundle.ts';
import type { WriteOp } from './table.ts';

/** What a blob is for; it chooses the bucket or folder, its lifecycle and, on AWS, Object Lock for receipts. */
export type BlobKind = 'data' | 'log' | 'receipt';

/** Content-addressed bytes of one tenant, encrypted at rest. A blob read back always has the digest asked for, or the read throws. */
export interface BlobStore {
  /** Stores bytes and answers their digest; durable when it resolves; storing the same bytes again is harmless. */
  put(tenant: TenantId, kind: BlobKind, bytes: Uint8Array): Promise<Digest>;
  /** As put, for the JSON of a bundle that this home signed, in the spelling in which it is kept; absent where bundles are kept as they are. */
  putPacked?(tenant: TenantId, bundle: PackedBundle): Promise<void>;
  /** What stores it as a part of the write that names it; absent, or undefined, where `putPacked` has to store it before. */
  packedOp?(tenant: TenantId, bundle: PackedBundle): Promise<WriteOp | undefined>;
  /**
   * The bytes of a digest, or undefined when this tenant has none. Throws `mc:store:unavailable` when stored bytes do not match, `mc:store:undecryptable` when
   * they do not open, and `mc:store:shredded` when their data key was destroyed.
   */
  find(tenant: TenantId, kind: BlobKind, digest: Digest): Promise<Uint8Array | undefined>;
  /**
   * Takes the blob away, durably. Answers whether nothing of it is left: a store that has to keep it (Object Lock) says false. Contents are shared within a
   * tenant, so whoever removes one knows that nothing else names it.
   */
  remove(tenant: TenantId, kind: BlobKind, digest: Digest): Promise<boolean>;
}
