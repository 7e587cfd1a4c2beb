import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { McError } from '../../core/errors.ts';
import type { KeyVersion } from '../../port/keys/key-versions.ts';
import type { WrappingKeys } from '../../port/keys/wrapping-keys.ts';
import { newRingKey, readRing, writeRing, type RingKey } from './ring-file.ts';
import type { WrappingKeyRing } from './wrapping-key-ring.ts';

/** The versions of the wrapping key of an embedded home: in the ring, or, before they wrap, in a file of the same form beside it. */
export class WrappingKeyFiles implements WrappingKeys {
  readonly #ring: WrappingKeyRing;
  readonly #path: string;

  constructor(ring: WrappingKeyRing, path: string) {
    this.#ring = ring;
    this.#path = path;
  }

  async active(): Promise<KeyVersion> {
    return { keyId: await this.#ring.currentId(), handle: basename(this.#path), pem: null };
  }

  async create(name: string): Promise<KeyVersion> {
    const handle = `wrapping-${name}.json`;
    const path = this.#beside(handle);
    const key = readRing(path)?.at(-1) ?? newRingKey();
    writeRing(path, [key]);
    return { keyId: key.id, handle, pem: null };
  }

  async prove(version: KeyVersion): Promise<void> {
    const key = Buffer.from(this.#stored(version).key, 'base64');
    const [nonce, secret] = [randomBytes(12), randomBytes(32)];
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    const sealed = Buffer.concat([cipher.update(secret), cipher.final()]);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAuthTag(cipher.getAuthTag());
    if (!Buffer.concat([decipher.update(sealed), decipher.final()]).equals(secret))
      throw new McError('mc:key:unreadable', `the wrapping key ${version.keyId} does not open what it sealed`);
  }

  async activate(next: KeyVersion, previous: KeyVersion): Promise<void> {
    const active = await this.#ring.currentId();
    if (active !== next.keyId && active !== previous.keyId)
      throw new McError('mc:key:rotation-conflict', `this home wraps its data keys with ${active} by now`);
    await this.#ring.adopt(this.#stored(next));
    // In the ring by now, and one copy of a secret is enough.
    if (next.handle !== basename(this.#path)) rmSync(this.#beside(next.handle), { force: true });
  }

  async destroy({ keyId }: KeyVersion): Promise<{ goneAt: null }> {
    await this.#ring.retire(keyId);
    return { goneAt: null };
  }

  /** The key as the files have it, not as memory remembers it. */
  #stored({ keyId, handle }: KeyVersion): RingKey {
    const kept = [...(readRing(this.#path) ?? []), ...(readRing(this.#beside(handle)) ?? [])];
    const key = kept.find(({ id }) => id === keyId);
    if (!key) throw new McError('mc:key:unreadable', `the wrapping key ${keyId} is in none of the key files in ${dirname(this.#path)}`);
    return key;
  }

  #beside(handle: string): string {
    return join(dirname(this.#path), basename(handle));
  }
}
