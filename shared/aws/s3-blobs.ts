/**
 * The blob port on S3, one bucket a kind. Objects are named by tenant and digest, written only if absent and checked against their name
 * when they are read; what S3 must never lose or change (receipts) is under Object Lock, which the data stack sets on the bucket.
 */
import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3ServiceException, type S3Client } from '@aws-sdk/client-s3';
import { digestBytes, hexOf, type Digest } from '../core/digest.ts';
import { McError } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { BlobKind, BlobStore } from '../port/blob-store.ts';

/** Lets callers lose the race for the same content: the winner stored the very same bytes. */
const preconditionFailed = 412;

export class S3Blobs implements BlobStore {
  readonly #client: S3Client;
  readonly #buckets: Readonly<Record<BlobKind, string>>;

  constructor(client: S3Client, buckets: Readonly<Record<BlobKind, string>>) {
    this.#client = client;
    this.#buckets = buckets;
  }

  async put(tenant: TenantId, kind: BlobKind, bytes: Uint8Array): Promise<Digest> {
    const digest = digestBytes(bytes);
    try {
      await this.#client.send(
        new PutObjectCommand({
          Bucket: this.#buckets[kind],
          Key: keyOf(tenant, digest),
          Body: bytes,
          // S3 refuses the write when what arrived is not what was digested here.
          ChecksumSHA256: Buffer.from(hexOf(digest), 'hex').toString('base64'),
          IfNoneMatch: '*',
        }),
      );
    } catch (error) {
      if (!(error instanceof S3ServiceException && error.$metadata.httpStatusCode === preconditionFailed)) throw unavailable(error);
    }
    return digest;
  }

  async find(tenant: TenantId, kind: BlobKind, digest: Digest): Promise<Uint8Array | undefined> {
    const bytes = await this.#read(this.#buckets[kind], keyOf(tenant, digest));
    if (bytes !== undefined && digestBytes(bytes) !== digest)
      throw new McError('mc:store:unavailable', `the stored bytes of ${digest} were changed`);
    return bytes;
  }

  async #read(Bucket: string, Key: string): Promise<Uint8Array | undefined> {
    try {
      const answer = await this.#client.send(new GetObjectCommand({ Bucket, Key }));
      return await answer.Body?.transformToByteArray();
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw unavailable(error);
    }
  }
}

function keyOf(tenant: TenantId, digest: Digest): string {
  return `${tenant}/${hexOf(digest)}`;
}

function unavailable(cause: unknown): McError {
  return new McError('mc:store:unavailable', 'the blob store does not answer', { cause });
}
