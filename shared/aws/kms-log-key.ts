import type { KMSClient } from '@aws-sdk/client-kms';
import type { LogKey } from '../port/keys/log-key.ts';
import { readPublicKey, signInKms } from './kms-signing.ts';

/** Signs checkpoints with an ECC_NIST_EDWARDS25519 key of KMS; the private key never leaves KMS. */
export class KmsLogKey implements LogKey {
  readonly #client: KMSClient;
  readonly #keyArn: string;
  #pem: string | undefined;

  constructor(client: KMSClient, keyArn: string) {
    this.#client = client;
    this.#keyArn = keyArn;
  }

  async publicKey(): Promise<string> {
    // The public half of a KMS key never changes, so one call a container is enough.
    this.#pem ??= (await readPublicKey(this.#client, this.#keyArn)).pem;
    return this.#pem;
  }

  async sign(message: Uint8Array): Promise<Uint8Array> {
    // The text of a checkpoint has about 150 bytes; KMS takes 4,096.
    const input = { KeyId: this.#keyArn, Message: message, MessageType: 'RAW', SigningAlgorithm: 'ED25519_SHA_512' } as const;
    return (await signInKms(this.#client, input)).bytes;
  }
}
