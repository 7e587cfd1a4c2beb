import { DecryptCommand, GenerateDataKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { McError } from '../core/errors.ts';
import type { KeyVersion } from '../port/keys/key-versions.ts';
import type { WrappingKeys } from '../port/keys/wrapping-keys.ts';
import { askKms, isUnusableInKms, KmsKeyVersions } from './kms-key-versions.ts';

/** What a probe is bound to: nothing that any data key is bound to. */
const probeContext = { application: 'maestro-conductor', use: 'key probe' } as const;

/** The symmetric keys of KMS that wrap data keys, one after the other, under one alias. */
export class KmsWrappingKeys implements WrappingKeys {
  readonly #client: KMSClient;
  readonly #versions: KmsKeyVersions;

  constructor(client: KMSClient, alias: string) {
    this.#client = client;
    this.#versions = new KmsKeyVersions(client, alias, {
      KeySpec: 'SYMMETRIC_DEFAULT',
      KeyUsage: 'ENCRYPT_DECRYPT',
      Description: 'Wraps the data keys of Maestro Conductor',
    });
  }

  async active(): Promise<KeyVersion> {
    return versionOf(await this.#versions.active());
  }

  async create(name: string): Promise<KeyVersion> {
    return versionOf(await this.#versions.create(name));
  }

  async prove({ handle }: KeyVersion): Promise<void> {
    try {
      const made = await askKms(() =>
        this.#client.send(new GenerateDataKeyCommand({ KeyId: handle, KeySpec: 'AES_256', EncryptionContext: { ...probeContext } })),
      );
      const command = new DecryptCommand({ KeyId: handle, CiphertextBlob: made.CiphertextBlob, EncryptionContext: { ...probeContext } });
      const opened = await askKms(() => this.#client.send(command));
      if (!made.Plaintext || !opened.Plaintext || !Buffer.from(made.Plaintext).equals(opened.Plaintext))
        throw new McError('mc:key:unreadable', `${handle} does not open what it wrapped`);
    } catch (cause) {
      if (isUnusableInKms(cause)) throw new McError('mc:key:unreadable', `KMS has no usable key ${handle}`, { cause });
      throw cause;
    }
  }

  async activate(next: KeyVersion, previous: KeyVersion): Promise<void> {
    await this.#versions.activate(next.handle, previous.handle);
  }

  async destroy({ handle }: KeyVersion): Promise<{ goneAt: number }> {
    return this.#versions.destroy(handle);
  }
}

function versionOf(arn: string): KeyVersion {
  return { keyId: arn, handle: arn, pem: null };
}
