import { createPublicKey, sign as signWith, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { AuthorityKey } from '../../port/keys/authority-keys.ts';

const signAsync = promisify(signWith);

/** A key of the home's authorities in a file of mode 0600, opened, and made if there is none, when it is first used; the same algorithm and bytes as KMS ECC_NIST_P256. */
export class SoftwareAuthorityKey implements AuthorityKey {
  readonly #open: () => Promise<KeyObject>;
  #opened: Promise<KeyObject> | undefined;

  constructor(open: () => Promise<KeyObject>) {
    this.#open = open;
  }

  async publicKey(): Promise<{ pem: string }> {
    return {
      pem: createPublicKey(await this.#key())
        .export({ type: 'spki', format: 'pem' })
        .toString(),
    };
  }

  async sign(message: Uint8Array): Promise<Uint8Array> {
    return signAsync('sha256', message, { key: await this.#key(), dsaEncoding: 'der' });
  }

  #key(): Promise<KeyObject> {
    // What could not be opened may be there the next time.
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }
}
