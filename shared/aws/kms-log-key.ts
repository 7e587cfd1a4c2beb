import { createPublicKey } from 'node:crypto';
import { GetPublicKeyCommand, SignCommand, type KMSClient } from '@aws-sdk/client-kms';
import { McError } from '../core/errors.ts';
import type { LogKey } from '../port/log-key.ts';

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
    this.#pem ??= await this.#readPublicKey();
    return this.#pem;
  }

  async sign(message: Uint8Array): Promise<Uint8Array> {
    let signature: Uint8Array | undefined;
    try {
      // The text of a checkpoint has about 150 bytes; KMS takes 4,096.
      const command = new SignCommand({ KeyId: this.#keyArn, Message: message, MessageType: 'RAW', SigningAlgorithm: 'ED25519_SHA_512' });
      signature = (await this.#client.send(command)).Signature;
    } catch (cause) {
      throw new McError('mc:store:unavailable', 'the key of the log does not answer', { cause });
    }
    if (signature === undefined) throw new McError('mc:key:unreadable', 'KMS answered without a signature');
    return signature;
  }

  async #readPublicKey(): Promise<string> {
    let der: Uint8Array | undefined;
    try {
      der = (await this.#client.send(new GetPublicKeyCommand({ KeyId: this.#keyArn }))).PublicKey;
    } catch (cause) {
      throw new McError('mc:store:unavailable', 'the key of the log does not answer', { cause });
    }
    if (der === undefined) throw new McError('mc:key:unreadable', 'KMS answered without a public key');
    return createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' })
      .export({ format: 'pem', type: 'spki' })
      .toString();
  }
}
