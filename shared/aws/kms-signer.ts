import type { KMSClient } from '@aws-sdk/client-kms';
import { McError } from '../core/errors.ts';
import type { PublicKey, Signature, Signer } from '../port/keys/signer.ts';
import type { SigningKeyVersion, SigningKeys } from '../port/keys/signing-keys.ts';
import { keyIdOf } from '../receipt/key-id.ts';
import { isUnusableInKms, KmsKeyVersions } from './kms-key-versions.ts';
import { readPublicKey, signDigest } from './kms-signing.ts';

/** What is published as the key in use may be so old; which key signs is KMS's answer, always. */
const lookAgainMs = 30_000;

/**
 * Signs with the ECC_NIST_P256 key of KMS that an alias names; only digests leave the process, and the private key never leaves KMS. KMS says with each signature which
 * key made it, so a switch of the alias is noticed with the first signature after it.
 */
export class KmsSigner implements Signer, SigningKeys {
  readonly #client: KMSClient;
  readonly #alias: string;
  readonly #versions: KmsKeyVersions;
  /** By ARN: the public half of a key never changes, so one call a key and container is enough. */
  readonly #known = new Map<string, SigningKeyVersion>();
  #active: PublicKey | undefined;
  #lookedAt = 0;

  constructor(client: KMSClient, alias: string) {
    this.#client = client;
    this.#alias = alias;
    this.#versions = new KmsKeyVersions(client, alias, {
      KeySpec: 'ECC_NIST_P256',
      KeyUsage: 'SIGN_VERIFY',
      Description: 'Signs the receipts and releases of Maestro Conductor',
    });
  }

  async publicKey(): Promise<PublicKey> {
    // Anybody may ask for the key, and calls of KMS are counted.
    if (performance.now() - this.#lookedAt > lookAgainMs || !this.#active) {
      const { keyId, pem } = await this.active();
      this.#active = { keyId, pem };
      this.#lookedAt = performance.now();
    }
    return this.#active;
  }

  async sign(message: Uint8Array): Promise<Signature> {
    const { bytes, arn } = await signDigest(this.#client, this.#alias, message);
    const { keyId, pem } = this.#known.get(arn) ?? (await this.#read(arn));
    return { bytes, key: { keyId, pem } };
  }

  async active(): Promise<SigningKeyVersion> {
    // By the alias, which may name another key by now.
    return this.#read(this.#alias);
  }

  async create(name: string): Promise<SigningKeyVersion> {
    return this.#read(await this.#versions.create(name));
  }

  async signWith(handle: string, message: Uint8Array): Promise<Uint8Array> {
    try {
      return (await signDigest(this.#client, handle, message)).bytes;
    } catch (cause) {
      if (isUnusableInKms(cause)) throw new McError('mc:key:unreadable', `KMS has no usable key ${handle}`, { cause });
      throw cause;
    }
  }

  async activate(next: SigningKeyVersion, previous: SigningKeyVersion): Promise<void> {
    await this.#versions.activate(next.handle, previous.handle);
  }

  async destroy({ handle }: SigningKeyVersion): Promise<{ goneAt: number }> {
    return this.#versions.destroy(handle);
  }

  async #read(name: string): Promise<SigningKeyVersion> {
    const { pem, arn } = await readPublicKey(this.#client, name);
    const key = { keyId: keyIdOf(pem), pem, handle: arn };
    this.#known.set(arn, key);
    return key;
  }
}
