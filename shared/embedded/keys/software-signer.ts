/** The signer port with an ECDSA P-256 key in a file of mode 0600; the same algorithm and bytes as KMS ECC_NIST_P256. */
import { createPublicKey, sign as signWith, verify as verifyWith, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { CheckSignature } from '../../port/check-signature.ts';
import type { PublicKey, Signature, SignedStatement, Signer } from '../../port/keys/signer.ts';
import { keyIdOf } from '../../receipt/key-id.ts';
import type { SigningThread } from './signing-thread.ts';

const signAsync = promisify(signWith);
const verifyAsync = promisify(verifyWith);

/** Checks on libuv's thread pool, so a burst of receipts does not hold the event loop. */
export const checkInPool: CheckSignature = async ({ message, signature, key }) => verifyAsync('sha256', message, key, signature);

export class SoftwareSigner implements Signer {
  readonly #key: KeyObject;
  readonly #public: PublicKey;

  constructor(key: KeyObject) {
    this.#key = key;
    const pem = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
    this.#public = { pem, keyId: keyIdOf(pem) };
  }

  async publicKey(): Promise<PublicKey> {
    return this.#public;
  }

  /** Signs on libuv's thread pool, so a burst of receipts does not hold the event loop. */
  async sign(message: Uint8Array): Promise<Signature> {
    return { bytes: await signAsync('sha256', message, this.#key), key: this.#public };
  }

  /** As signBeside of the port, in this thread. */
  async signIn(
    thread: SigningThread,
    payload: string,
    trusted: (keyId: string) => Promise<PublicKey>,
  ): Promise<SignedStatement | undefined> {
    return thread.sign(this.#key, await trusted(this.#public.keyId), payload);
  }
}
