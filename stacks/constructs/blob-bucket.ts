import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement, type IRole } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type BucketProps, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { z } from 'zod';
import type { EnvelopeKey } from './envelope-key.ts';
import { grant } from './grant.ts';

type BlobBucketProps = Pick<BucketProps, 'lifecycleRules' | 'objectLockDefaultRetention'> & {
  encryptionKey: IKey;
  envelopeKey: EnvelopeKey;
  accessLogs: Bucket;
};

/** CDK's own Bucket does not satisfy CDK's IBucket under exactOptionalPropertyTypes; the two are the same at run time. */
const asBucket = (bucket: Bucket): IBucket => bucket as unknown as IBucket;

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
    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.KMS,
      encryptionKey,
      // One data key an hour instead of one KMS call an object.
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      versioned: true,
      serverAccessLogsBucket: asBucket(accessLogs),
      serverAccessLogsPrefix: `${id.toLowerCase()}/`,
      removalPolicy: RemovalPolicy.RETAIN,
      ...rest,
    });
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
    Validations.of(grantee).acknowledge(...this.#namesOfArn().map((name) => ({ id: `AwsSolutions-IAM5[Resource::${name}/*]`, reason })));
  }

  /** How cdk-nag spells the bucket's ARN in a policy of another stack: before references between stacks are resolved, and after. */
  #namesOfArn(): string[] {
    const stack = Stack.of(this);
    const reference = z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }).parse(stack.resolve(this.bucket.bucketArn));
    const imported = z.object({ 'Fn::ImportValue': z.string() }).parse(stack.resolve(stack.exportValue(this.bucket.bucketArn)));
    return [`<${reference['Fn::GetAtt'][0]}.Arn>`, imported['Fn::ImportValue']];
  }
}
