/**
 * Sealed bytes on S3, one bucket a kind. Objects are named by tenant and digest of what was sealed, and written again only under another data key; what S3 must
 * never lose or change (receipts) is under Object Lock, which the data stack sets on the bucket. S3 encrypts once more, with a key of ours.
 */
import { hash } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  S3ServiceException,
  type S3Client,
} from '@aws-sdk/client-s3';
import { hexOf } from '../core/digest.ts';
import { McError } from '../core/errors.ts';
import { dataKeyOf, requireEnvelope } from '../encryption/envelope.ts';
import type { BlobKind } from '../port/blob-store.ts';
import type { BlobName, SealedStore } from '../port/sealed-store.ts';

/** What S3 answers when an object is there already. */
const preconditionFailed = 412;
/** Says in the metadata of an object which data key sealed it, so that nobody has to read it for that. */
const dataKeyField = 'mc-data-key';
const forbidden = 403;

/** Where objects go, and the KMS key with which S3 encrypts them: the policy of the buckets refuses any other way. */
interface S3Places {
  buckets: Readonly<Record<BlobKind, string>>;
  storageKeyArn: string;
}

export class S3Blobs implements SealedStore {
  readonly #client: S3Client;
  readonly #buckets: S3Places['buckets'];
  readonly #storageKeyArn: string;

  constructor(client: S3Client, { buckets, storageKeyArn }: S3Places) {
    this.#client = client;
    this.#buckets = buckets;
    this.#storageKeyArn = storageKeyArn;
  }

  async put(name: BlobName, envelope: Uint8Array): Promise<void> {
    requireEnvelope(`the blob ${name.digest}`, envelope);
    if (await this.#write(name, envelope, { IfNoneMatch: '*' })) return;
    // The same content, sealed before: with an older key it would go when that key is shredded.
    if ((await this.#dataKeyOf(name)) !== dataKeyOf(envelope)) await this.#write(name, envelope, {});
  }

  async find(name: BlobName): Promise<Uint8Array | undefined> {
    try {
      const answer = await this.#client.send(new GetObjectCommand(this.#placeOf(name)));
      return await answer.Body?.transformToByteArray();
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw unavailable(error);
    }
  }

  async remove(name: BlobName): Promise<boolean> {
    const { Bucket, Key } = this.#placeOf(name);
    let isGone = true;
    // Without its version an object of a versioned bucket is only hidden.
    for (const VersionId of await this.#versions(Bucket, Key)) isGone = (await this.#removeVersion({ Bucket, Key, VersionId })) && isGone;
    return isGone;
  }

  /** Whether it was written; false when `IfNoneMatch` forbade it. */
  async #write(name: BlobName, envelope: Uint8Array, condition: { IfNoneMatch?: '*' }): Promise<boolean> {
    try {
      await this.#client.send(
        new PutObjectCommand({
          ...this.#placeOf(name),
          ...condition,
          Body: envelope,
          // S3 refuses the write when what arrived is not what was sealed here.
          ChecksumSHA256: hash('sha256', envelope, 'base64'),
          Metadata: { [dataKeyField]: dataKeyOf(envelope) ?? '' },
          ServerSideEncryption: 'aws:kms',
          SSEKMSKeyId: this.#storageKeyArn,
          BucketKeyEnabled: true,
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === preconditionFailed) return false;
      throw unavailable(error);
    }
  }

  async #dataKeyOf(name: BlobName): Promise<string | undefined> {
    try {
      return (await this.#client.send(new HeadObjectCommand(this.#placeOf(name)))).Metadata?.[dataKeyField];
    } catch (error) {
      // Somebody removed it in the meantime.
      if (error instanceof NotFound) return undefined;
      throw unavailable(error);
    }
  }

  #placeOf({ tenant, kind, digest }: BlobName): { Bucket: string; Key: string } {
    return { Bucket: this.#buckets[kind], Key: `${tenant}/${hexOf(digest)}` };
  }

  async #versions(Bucket: string, Key: string): Promise<string[]> {
    try {
      // No other key begins with this one, because all have one length; content is stored again a few times at most.
      const { Versions = [], DeleteMarkers = [] } = await this.#client.send(new ListObjectVersionsCommand({ Bucket, Prefix: Key }));
      return [...Versions, ...DeleteMarkers].flatMap(({ VersionId }) => VersionId ?? []);
    } catch (error) {
      throw unavailable(error);
    }
  }

  async #removeVersion(object: { Bucket: string; Key: string; VersionId: string }): Promise<boolean> {
    try {
      await this.#client.send(new DeleteObjectCommand(object));
      return true;
    } catch (error) {
      // S3 says so of a version under Object Lock; a role without the right gets the same answer, and then nothing was erased either.
      if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === forbidden) return false;
      throw unavailable(error);
    }
  }
}

function unavailable(cause: unknown): McError {
  return new McError('mc:store:unavailable', 'the blob store does not answer', { cause });
}
