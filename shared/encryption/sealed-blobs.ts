import { digestBytes, type Digest } from '../core/digest.ts';
import { hasCode, McError } from '../core/errors.ts';
import { releaseBytes } from '../core/release-bytes.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { BlobKind, BlobStore } from '../port/blob-store.ts';
import type { DataKeys } from '../port/keys/data-keys.ts';
import type { BlobName, SealedStore } from '../port/sealed-store.ts';
import type { WriteOp } from '../port/table.ts';
import { looksSealed } from './envelope.ts';
import type { PackedBundle } from '../receipt/stored/packed-bundle.ts';
import { open, seal, sealPacked } from './seal.ts';

/** The blob port of both homes: bytes are sealed before a store sees them, and opened and checked against their digest after. */
export class SealedBlobs implements BlobStore {
  readonly #store: SealedStore;
  readonly #keys: DataKeys;

  constructor(store: SealedStore, keys: DataKeys) {
    this.#store = store;
    this.#keys = keys;
  }

  async put(tenant: TenantId, kind: BlobKind, bytes: Uint8Array): Promise<Digest> {
    const digest = digestBytes(bytes);
    const envelope = await seal(this.#keys, { tenant, purpose: kind, digest }, bytes);
    await this.#store.put({ tenant, kind, digest }, envelope);
    return digest;
  }

  async putPacked(tenant: TenantId, { digest, packed }: PackedBundle): Promise<void> {
    const envelope = await sealPacked(this.#keys, { tenant, purpose: 'receipt', digest }, packed);
    await this.#store.put({ tenant, kind: 'receipt', digest }, envelope);
  }

  async packedOp(tenant: TenantId, { digest, packed }: PackedBundle): Promise<WriteOp | undefined> {
    if (!this.#store.putOp) return undefined;
    const envelope = await sealPacked(this.#keys, { tenant, purpose: 'receipt', digest }, packed);
    return this.#store.putOp({ tenant, kind: 'receipt', digest }, envelope);
  }

  async find(tenant: TenantId, kind: BlobKind, digest: Digest): Promise<Uint8Array | undefined> {
    const stored = await this.#store.find({ tenant, kind, digest });
    if (stored === undefined) return undefined;
    const bytes = looksSealed(stored) ? await this.#open({ tenant, kind, digest }, stored) : stored;
    // A pack reads gigabytes through here, and the collector would let 64 MB of ciphertext pile up.
    if (bytes !== stored) releaseBytes(stored);
    if (digestBytes(bytes) !== digest) throw new McError('mc:store:unavailable', `the stored bytes of ${digest} were changed`);
    return bytes;
  }

  remove(tenant: TenantId, kind: BlobKind, digest: Digest): Promise<boolean> {
    return this.#store.remove({ tenant, kind, digest });
  }

  async #open({ tenant, kind, digest }: BlobName, stored: Uint8Array): Promise<Uint8Array> {
    try {
      return await open(this.#keys, { tenant, purpose: kind, digest }, stored);
    } catch (error) {
      // Plaintext of an earlier version may begin like an envelope; its digest tells.
      if (hasCode(error, 'mc:store:undecryptable') && digestBytes(stored) === digest) return stored;
      throw error;
    }
  }
}
