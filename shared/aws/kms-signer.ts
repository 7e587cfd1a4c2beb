import { createHash, createPublicKey } from 'node:crypto';
import { GetPublicKeyCommand, SignCommand, type KMSClient } from '@aws-sdk/client-kms';
import { McError } from '../core/errors.ts';
import type { PublicKey, Signer } from '../port/signer.ts';
import { keyIdOf } from '../receipt/key-id.ts';

/** Signs with an ECC_NIST_P256 key of KMS; only digests leave the process, and the private key never leaves KMS. */
export class KmsSigner implements Signer {
  readonly #client: KMSClient;
  readonly #keyArn: string;
  #publicKey: PublicKey | undefined;

  constructor(client: KMSClient, keyArn: string) {
    this.#client = client;
    this.#keyArn = keyArn;
  }

  async publicKey(): Promise<PublicKey> {
    // The public half of a KMS key never changes, so one call a container is enough.
    this.#publicKey ??= await this.#readPublicKey();
    return this.#publicKey;
  }

  async sign(message: Uint8Array): Promise<Uint8Array> {
    // A message of more than 4 KB cannot be sent to KMS, its digest always can.
    const Message = createHash('sha256').update(message).digest();
    try {
      const answer = await this.#client.send(
        new SignCommand({ KeyId: this.#keyArn, Message, MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' }),
      );
      if (answer.Signature) return answer.Signature;
    } catch (cause) {
      throw new McError('mc:store:unavailable', 'the signing key does not answer', { cause });
    }
    throw new McError('mc:key:unreadable', 'KMS answered without a signature');
  }

  async #readPublicKey(): Promise<PublicKey> {
    let der: Uint8Array | undefined;
    try {
      der = (await this.#client.send(new GetPublicKeyCommand({ KeyId: this.#keyArn }))).PublicKey;
    } catch (cause) {
      throw new McError('mc:store:unavailable', 'the signing key does not answer', { cause });
    }
    if (der === undefined) throw new McError('mc:key:unreadable', 'KMS answered without a public key');
    const pem = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' })
      .export({ format: 'pem', type: 'spki' })
      .toString();
    return { keyId: keyIdOf(pem), pem };
  }
}
