import { createHash, createPublicKey } from 'node:crypto';
import { GetPublicKeyCommand, SignCommand, type KMSClient } from '@aws-sdk/client-kms';
import { McError } from '../core/errors.ts';
import type { AuthorityKey } from '../port/keys/authority-keys.ts';
import { askKms } from './kms-key-versions.ts';

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
    this.#pem ??= await this.#readPublicKey();
    return { pem: this.#pem };
  }

  async sign(message: Uint8Array): Promise<Uint8Array> {
    const Message = createHash('sha256').update(message).digest();
    const command = new SignCommand({ KeyId: this.#keyArn, Message, MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' });
    const { Signature: signature } = await askKms(() => this.#client.send(command));
    if (!signature) throw new McError('mc:key:unreadable', 'KMS answered without a signature');
    return signature;
  }

  async #readPublicKey(): Promise<string> {
    const { PublicKey: der } = await askKms(() => this.#client.send(new GetPublicKeyCommand({ KeyId: this.#keyArn })));
    if (!der) throw new McError('mc:key:unreadable', 'KMS answered without a public key');
    return createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' })
      .export({ format: 'pem', type: 'spki' })
      .toString();
  }
}
