import { createSecretKey, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../../core/json/canonical-json.ts';
import { McError } from '../../core/errors.ts';
import { openGcm, sealGcm } from '../../encryption/gcm-message.ts';
import type { Table } from '../../port/table.ts';
import type { EncryptionContext, WrappedKey, WrappingKey } from '../../port/keys/wrapping-key.ts';
import { newRingKey, readRing, writeRing, type RingKey } from './ring-file.ts';

const dataKeyBytes = 32;

/** Where the table says which key of the ring wraps. */
const recordKey = { pk: 'SYS#KEYS', sk: 'WRAPPING' } as const;
const KeyRecord = z.looseObject({ keyId: z.string() });

/**
 * The ring in this file. It is made at the first start of the home and never again, because without it nothing the home keeps can be read. Throws
 * `mc:key:unreadable` when the file is gone, open to others or damaged, or lacks the key that the home wraps with.
 */
export async function openWrappingKeyRing(table: Table, path: string): Promise<WrappingKeyRing> {
  const stored = await table.get(recordKey);
  const recorded = stored && KeyRecord.parse(stored).keyId;
  if (recorded === undefined && readRing(path) === undefined) writeRing(path, [newRingKey()]);
  const keys = readRing(path);
  if (keys === undefined)
    throw unreadable(`the key file ${path} is gone; this home wraps its data keys with ${recorded}, and with no other key`);
  if (recorded !== undefined && !keys.some(({ id }) => id === recorded)) {
    throw unreadable(`the key file ${path} lacks the key ${recorded}, with which this home wraps its data keys`);
  }
  const ring = new WrappingKeyRing(table, path, keys);
  // A crash may have come between file and table.
  if ((await ring.currentId()) !== recorded) await ring.record();
  return ring;
}

/**
 * The wrapping key of the embedded home: 256-bit keys in one file beside the signing key. The newest wraps; the others open what they wrapped until they are
 * retired.
 */
export class WrappingKeyRing implements WrappingKey {
  readonly #table: Table;
  readonly #path: string;
  #keys: readonly RingKey[];

  constructor(table: Table, path: string, keys: readonly RingKey[]) {
    this.#table = table;
    this.#path = path;
    this.#keys = keys;
  }

  /** The keys of the ring, oldest first. */
  get ids(): readonly string[] {
    return this.#keys.map(({ id }) => id);
  }

  async currentId(): Promise<string> {
    return this.#current().id;
  }

  async generate(context: EncryptionContext): Promise<WrappedKey & { key: Uint8Array }> {
    const key = new Uint8Array(randomBytes(dataKeyBytes));
    return { key, ...wrap(this.#current(), key, context) };
  }

  async unwrap({ wrappedBy, wrapped }: WrappedKey, context: EncryptionContext): Promise<Uint8Array> {
    const key = this.#keys.find(({ id }) => id === wrappedBy);
    if (!key) throw unreadable(`the key file ${this.#path} lacks the wrapping key ${wrappedBy}`);
    return openGcm(secretOf(key), Buffer.from(wrapped, 'base64'), associated(context));
  }

  async rewrap(wrapped: WrappedKey, context: EncryptionContext): Promise<WrappedKey> {
    const key = await this.unwrap(wrapped, context);
    try {
      return wrap(this.#current(), key, context);
    } finally {
      key.fill(0);
    }
  }

  /** Adds a new key, which wraps from now on; durable when it resolves. Answers its id. */
  async rotate(): Promise<string> {
    const key = newRingKey();
    await this.adopt(key);
    return key.id;
  }

  /** Puts this key at the end of the ring, where it wraps from now on; nothing changes when it is there. Durable when it resolves. */
  async adopt(key: RingKey): Promise<void> {
    if (this.#current().id !== key.id) this.#replace([...this.#keys.filter(({ id }) => id !== key.id), key]);
    await this.record();
  }

  /** Takes a key away for ever. What it wrapped and nobody wrapped anew is lost, so whoever calls has looked. Refuses the key that wraps. */
  async retire(id: string): Promise<void> {
    if (id === this.#current().id) throw new McError('mc:store:conflict', `the wrapping key ${id} is the one that wraps; rotate first`);
    this.#replace(this.#keys.filter((key) => key.id !== id));
  }

  /** Notes in the table which key wraps, so that an older copy of the file is noticed. */
  async record(): Promise<void> {
    await this.#table.write([{ kind: 'put', item: { ...recordKey, keyId: this.#current().id } }]);
  }

  #replace(keys: readonly RingKey[]): void {
    writeRing(this.#path, keys);
    this.#keys = keys;
  }

  #current(): RingKey {
    const key = this.#keys.at(-1);
    if (!key) throw unreadable(`the key file ${this.#path} holds no key`);
    return key;
  }
}

function wrap(by: RingKey, key: Uint8Array, context: EncryptionContext): WrappedKey {
  return { wrappedBy: by.id, wrapped: sealGcm(secretOf(by), key, associated(context)).toString('base64') };
}

const secretOf = ({ key }: RingKey): ReturnType<typeof createSecretKey> => createSecretKey(key, 'base64');

const associated = (context: EncryptionContext): Buffer => Buffer.from(canonicalJson({ ...context }));

function unreadable(message: string): McError {
  return new McError('mc:key:unreadable', message);
}
