/**
 * Blobs of one machine: small ones are rows of the table, so that they share its group commit instead of paying one fsync a file;
 * large ones are files. Both are content-addressed and checked when read.
 */
import { isUtf8 } from 'node:buffer';
import { digestBytes, hexOf, type Digest } from '../core/digest.ts';
import { McError } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { BlobKind, BlobStore } from '../port/blob-store.ts';
import type { Item, Key, Table } from '../port/table.ts';

/** Up to here a row is cheaper than a file: with a 1 ms fsync a burst of 5,000 receipts would spend 5 s on files alone. */
const rowBytes = 64 * 1024;

const keyOf = (tenant: TenantId, kind: BlobKind, digest: Digest): Key => ({ pk: `T#${tenant}#BLOB#${kind}`, sk: hexOf(digest) });

function contentOf(item: Item | undefined): Buffer | undefined {
  const text = item?.['text'];
  const bytes = item?.['bytes'];
  if (typeof text === 'string') return Buffer.from(text);
  return typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : undefined;
}

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
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // Most blobs are JSON; as text they take a quarter less.
    const content = isUtf8(buffer) ? { text: buffer.toString() } : { bytes: buffer.toString('base64') };
    await this.#table.write([{ kind: 'put', item: { ...keyOf(tenant, kind, digest), ...content } }]);
    return digest;
  }

  async find(tenant: TenantId, kind: BlobKind, digest: Digest): Promise<Uint8Array | undefined> {
    const bytes = contentOf(await this.#table.get(keyOf(tenant, kind, digest)));
    if (bytes === undefined) return this.#large.find(tenant, kind, digest);
    if (digestBytes(bytes) !== digest) throw new McError('mc:store:unavailable', `the stored bytes of ${digest} were changed`);
    return bytes;
  }
}
