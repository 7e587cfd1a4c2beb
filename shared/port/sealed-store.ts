import type { Digest } from '../core/digest.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { BlobKind } from './blob-store.ts';
import type { WriteOp } from './table.ts';

/** Which blob; the digest is that of the bytes before they were sealed. */
export interface BlobName {
  tenant: TenantId;
  kind: BlobKind;
  digest: Digest;
}

/** Where sealed bytes lie. It never sees a key, and takes nothing that is not sealed. */
export interface SealedStore {
  /**
   * Stores an envelope; durable when it resolves. Keeps the one that is there only if the same data key sealed it, so that nothing stored now goes with an
   * older key. Throws `mc:store:plaintext` for bytes that are no envelope.
   */
  put(name: BlobName, envelope: Uint8Array): Promise<void>;
  /** What stores an envelope as a part of another write of the table; absent where blobs lie elsewhere, and undefined for one that is too large for that. Throws as `put`. */
  putOp?(name: BlobName, envelope: Uint8Array): WriteOp | undefined;
  /** The bytes as they lie there, which are the caller's to keep or to destroy. Homes before 0.3.0 stored plaintext, so they need not be an envelope. */
  find(name: BlobName): Promise<Uint8Array | undefined>;
  /** Takes the bytes away, durably; false when the store has to keep them. */
  remove(name: BlobName): Promise<boolean>;
}
