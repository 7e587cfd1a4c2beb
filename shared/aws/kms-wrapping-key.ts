import {
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  InvalidCiphertextException,
  type KMSClient,
} from '@aws-sdk/client-kms';
import { McError } from '../core/errors.ts';
import type { EncryptionContext, WrappedKey, WrappingKey } from '../port/keys/wrapping-key.ts';

const keyBytes = 32;

/** Wraps data keys with a symmetric key of KMS, named by ARN or alias, bound to their context. What is wrapped remembers the key and not the alias. */
export class KmsWrappingKey implements WrappingKey {
  readonly #client: KMSClient;
  readonly #keyId: string;

  constructor(client: KMSClient, keyId: string) {
    this.#client = client;
    this.#keyId = keyId;
  }

  async currentId(): Promise<string> {
    const { KeyMetadata } = await asked(() => this.#client.send(new DescribeKeyCommand({ KeyId: this.#keyId })));
    if (KeyMetadata?.Arn === undefined) throw new McError('mc:key:unreadable', 'KMS answered without a key');
    return KeyMetadata.Arn;
  }

  async generate(context: EncryptionContext): Promise<WrappedKey & { key: Uint8Array }> {
    const command = new GenerateDataKeyCommand({ KeyId: this.#keyId, KeySpec: 'AES_256', EncryptionContext: { ...context } });
    const answer = await asked(() => this.#client.send(command));
    return { key: whole(answer.Plaintext), ...wrappedKey(answer) };
  }

  async unwrap({ wrappedBy, wrapped }: WrappedKey, context: EncryptionContext): Promise<Uint8Array> {
    // A key that is named must be the one that wrapped; that it is one of the home's is for IAM to say, which lets a role use no other.
    const command = new DecryptCommand({
      KeyId: wrappedBy,
      CiphertextBlob: Buffer.from(wrapped, 'base64'),
      EncryptionContext: { ...context },
    });
    return whole((await asked(() => this.#client.send(command))).Plaintext);
  }

  async rewrap(wrapped: WrappedKey, context: EncryptionContext): Promise<WrappedKey> {
    const Plaintext = await this.unwrap(wrapped, context);
    const command = new EncryptCommand({ KeyId: this.#keyId, Plaintext, EncryptionContext: { ...context } });
    try {
      return wrappedKey(await asked(() => this.#client.send(command)));
    } finally {
      Plaintext.fill(0);
    }
  }
}

function wrappedKey({ CiphertextBlob, KeyId }: { CiphertextBlob?: Uint8Array | undefined; KeyId?: string | undefined }): WrappedKey {
  if (CiphertextBlob === undefined || KeyId === undefined) throw new McError('mc:key:unreadable', 'KMS answered without a wrapped key');
  return { wrappedBy: KeyId, wrapped: Buffer.from(CiphertextBlob).toString('base64') };
}

function whole(key: Uint8Array | undefined): Uint8Array {
  if (key?.byteLength !== keyBytes) throw new McError('mc:key:unreadable', 'KMS answered without a data key of 256 bits');
  return key;
}

async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    // KMS gives the same answer for changed bytes and for another context.
    if (cause instanceof InvalidCiphertextException)
      throw new McError('mc:store:undecryptable', 'a data key was changed, or belongs to another tenant, purpose or month', { cause });
    throw new McError('mc:store:unavailable', 'the key that wraps data keys does not answer', { cause });
  }
}
