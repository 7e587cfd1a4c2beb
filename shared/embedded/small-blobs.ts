/**
 * Blobs of one machine: small ones are rows of the table, so that they share its group commit instead of paying one fsync a file;
 * large ones are files. Both are content-addressed and checked when read.
 */
import { digestBytes, hexOf, type Digest } from '../core/digest.ts';
import { McError } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { BlobKind, BlobStore } from '../port/blob-store.ts';
import type { Key, Table } from '../port/table.ts';

/** Up to here a row is cheaper than a file: with a 1 ms fsync a burst of 5,000 receipts would spend 5 s on files alone. */
const rowBytes = 64 * 1024;

const keyOf = (tenant: TenantId, kind: BlobKind, digest: Digest): Key => ({ pk: `T#${tenant}#BLOB#${kind}`, sk: hexOf(digest) });

export class SmallBlobs implements BlobStore {
  readonly #table: Table;
  readonly #large: BlobStore;

  constructor(table: Table, large: BlobStore) {
    this.#table = table;
    this.#large = large;
  }

  async put(tenant: TenantId, kind: BlobKind, bytes: Uint8Array): Promise<Digest> {
    if (bytes.byteLength > rowBytes) return this.#large.put(tenant, kind, bytes);
    const digest = digestBytes(bytes);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
    await this.#table.write([{ kind: 'put', item: { ...keyOf(tenant, kind, digest), bytes: text } }]);
    return digest;
  }

  async find(tenant: TenantId, kind: BlobKind, digest: Digest): Promise<Uint8Array | undefined> {
    const text = (await this.#table.get(keyOf(tenant, kind, digest)))?.['bytes'];
    if (typeof text !== 'string') return this.#large.find(tenant, kind, digest);
    const bytes = Buffer.from(text, 'base64');
    if (digestBytes(bytes) !== digest) throw new McError('mc:store:unavailable', `the stored bytes of ${digest} were changed`);
    return bytes;
  }
}
