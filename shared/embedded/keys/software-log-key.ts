import { createPublicKey, sign as signWith, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { LogKey } from '../../port/keys/log-key.ts';

const signAsync = promisify(signWith);

/** The key of the log in a file of mode 0600; the same algorithm and bytes as KMS ECC_NIST_EDWARDS25519. */
export class SoftwareLogKey implements LogKey {
  readonly #key: KeyObject;
  readonly #pem: string;

  constructor(key: KeyObject) {
    this.#key = key;
    this.#pem = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
  }

  async publicKey(): Promise<string> {
    return this.#pem;
  }

  async sign(message: Uint8Array): Promise<Uint8Array> {
    return signAsync(null, message, this.#key);
  }
}
