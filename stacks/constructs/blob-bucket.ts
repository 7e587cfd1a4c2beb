import { Validations } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement, type IRole } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Bucket, BucketProps } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { EnvelopeKey } from './envelope-key.ts';
import { grant } from './grant.ts';
import { keptBucket } from './kept-bucket.ts';
import { namesOfArn } from './names-of-arn.ts';

type BlobBucketProps = Pick<BucketProps, 'lifecycleRules' | 'objectLockDefaultRetention'> & {
  encryptionKey: IKey;
  envelopeKey: EnvelopeKey;
  accessLogs: Bucket;
};

/**
 * Blobs of one kind, which the home seals before they come here: private, encrypted once more with our key and with no other, TLS only, versioned, logged, kept
 * when their stack goes. Whoever may read them may open them.
 */
export class BlobBucket extends Construct {
  readonly bucket: Bucket;
  readonly #encryptionKey: IKey;
  readonly #envelopeKey: EnvelopeKey;

  constructor(scope: Construct, id: string, { encryptionKey, envelopeKey, accessLogs, ...rest }: BlobBucketProps) {
    super(scope, id);
    this.#encryptionKey = encryptionKey;
    this.#envelopeKey = envelopeKey;
    this.bucket = keptBucket(this, 'Bucket', { encryptionKey, accessLogs, logPrefix: `${id.toLowerCase()}/`, ...rest });
    this.#denyOtherEncryption();
  }

  grantRead(grantee: IRole): void {
    // Without ListBucket, S3 answers 403 instead of 404 for an object that is not there.
    grant(grantee, ['s3:ListBucket'], [this.bucket.bucketArn]);
    this.#grantOnObjects(grantee, 's3:GetObject');
    grant(grantee, ['kms:Decrypt'], [this.#encryptionKey.keyArn]);
    this.#envelopeKey.grantOpen(grantee);
  }

  grantReadWrite(grantee: IRole): void {
    this.grantRead(grantee);
    this.#grantOnObjects(grantee, 's3:PutObject');
    grant(grantee, ['kms:GenerateDataKey'], [this.#encryptionKey.keyArn]);
    this.#envelopeKey.grantSeal(grantee);
  }

  /** A write that does not name our key is refused by S3, whoever asks. The header may be absent, or name another key or none. */
  #denyOtherEncryption(): void {
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'DenyWritesNotEncryptedWithOurKey',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['s3:PutObject'],
        resources: [this.bucket.arnForObjects('*')],
        conditions: { StringNotEquals: { 's3:x-amz-server-side-encryption-aws-kms-key-id': this.#encryptionKey.keyArn } },
      }),
    );
  }

  /** Lets the grantee erase objects with their versions; what is under Object Lock stays whatever is granted here. */
  grantErase(grantee: IRole): void {
    grant(grantee, ['s3:ListBucketVersions'], [this.bucket.bucketArn]);
    this.#grantOnObjects(grantee, 's3:DeleteObject');
    this.#grantOnObjects(grantee, 's3:DeleteObjectVersion');
  }

  #grantOnObjects(grantee: IRole, action: string): void {
    grant(grantee, [action], [this.bucket.arnForObjects('*')]);
    const reason = 'Objects are named by tenant and digest, which no policy can list.';
    const names = namesOfArn(this, this.bucket.bucketArn);
    Validations.of(grantee).acknowledge(...names.map((name) => ({ id: `AwsSolutions-IAM5[Resource::${name}/*]`, reason })));
  }
}
