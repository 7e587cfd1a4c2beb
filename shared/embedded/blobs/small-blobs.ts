/**
 * Sealed bytes on one machine: small ones are rows of the table, so that they share its group commit instead of paying one fsync a file; large ones are files.
 */
import { hexOf } from '../../core/digest.ts';
import { requireEnvelope } from '../../encryption/envelope.ts';
import type { BlobName, SealedStore } from '../../port/sealed-store.ts';
import type { Item, Key, Table, WriteOp } from '../../port/table.ts';

/** Up to here a row is cheaper than a file: with a 1 ms fsync a burst of 5,000 receipts would spend 5 s on files alone. */
const rowBytes = 64 * 1024;

const keyOf = ({ tenant, kind, digest }: BlobName): Key => ({ pk: `T#${tenant}#BLOB#${kind}`, sk: hexOf(digest) });

function contentOf(item: Item | undefined): Buffer | undefined {
  // Homes before 0.3.0 stored what is text as text.
  const text = item?.['text'];
  const bytes = item?.['bytes'];
  if (typeof text === 'string') return Buffer.from(text);
  return typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : undefined;
}

export class SmallBlobs implements SealedStore {
  readonly #table: Table;
  readonly #large: SealedStore;

  constructor(table: Table, large: SealedStore) {
    this.#table = table;
    this.#large = large;
  }

  async put(name: BlobName, envelope: Uint8Array): Promise<void> {
    const op = this.putOp(name, envelope);
    if (op === undefined) return this.#large.put(name, envelope);
    await this.#table.write([op]);
  }

  putOp(name: BlobName, envelope: Uint8Array): WriteOp | undefined {
    if (envelope.byteLength > rowBytes) return undefined;
    requireEnvelope(`the blob ${name.digest}`, envelope);
    const bytes = Buffer.from(envelope.buffer, envelope.byteOffset, envelope.byteLength).toString('base64');
    return { kind: 'put', item: { ...keyOf(name), bytes } };
  }

  async find(name: BlobName): Promise<Uint8Array | undefined> {
    return contentOf(await this.#table.get(keyOf(name))) ?? this.#large.find(name);
  }

  async remove(name: BlobName): Promise<boolean> {
    await this.#table.write([{ kind: 'delete', key: keyOf(name) }]);
    return this.#large.remove(name);
  }
}
