import type { KMSClient } from '@aws-sdk/client-kms';
import type { AuthorityKey } from '../port/keys/authority-keys.ts';
import { readPublicKey, signDigest } from './kms-signing.ts';

/** A key of the home's authorities, ECC_NIST_P256 in KMS: only digests leave the process, and the private key never leaves KMS. */
export class KmsAuthorityKey implements AuthorityKey {
  readonly #client: KMSClient;
  readonly #keyArn: string;
  #pem: string | undefined;

  constructor(client: KMSClient, keyArn: string) {
    this.#client = client;
    this.#keyArn = keyArn;
  }

  async publicKey(): Promise<{ pem: string }> {
    // The public half of a KMS key never changes, so one call a container is enough.
    this.#pem ??= (await readPublicKey(this.#client, this.#keyArn)).pem;
    return { pem: this.#pem };
  }

  async sign(message: Uint8Array): Promise<Uint8Array> {
    return (await signDigest(this.#client, this.#keyArn, message)).bytes;
  }
}
