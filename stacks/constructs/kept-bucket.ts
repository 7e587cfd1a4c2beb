import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type BucketProps, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** What no bucket of ours goes without: private, TLS only, kept when its stack goes. */
const always = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  removalPolicy: RemovalPolicy.RETAIN,
} as const satisfies BucketProps;

type KeptBucketProps = Pick<BucketProps, 'bucketName' | 'lifecycleRules' | 'objectLockDefaultRetention'> & {
  encryptionKey: IKey;
  accessLogs: Bucket;
  /** Beginning of the names of its access logs. */
  logPrefix: string;
};

/** CDK's own Bucket does not satisfy CDK's IBucket under exactOptionalPropertyTypes; the two are the same at run time. */
const asBucket = (bucket: Bucket): IBucket => bucket as unknown as IBucket;

/** A bucket for what tenants stored, or for copies of it: encrypted with this key, versioned, logged. */
export function keptBucket(scope: Construct, id: string, { accessLogs, logPrefix, ...rest }: KeptBucketProps): Bucket {
  return new Bucket(scope, id, {
    ...always,
    encryption: BucketEncryption.KMS,
    // One data key an hour instead of one KMS call an object.
    bucketKeyEnabled: true,
    versioned: true,
    serverAccessLogsBucket: asBucket(accessLogs),
    serverAccessLogsPrefix: logPrefix,
    ...rest,
  });
}

/** Where S3 says who read and wrote the other buckets of this scope. */
export function accessLogBucket(scope: Construct): Bucket {
  return new Bucket(scope, 'AccessLogs', {
    ...always,
    // S3 delivers access logs with its own encryption only.
    encryption: BucketEncryption.S3_MANAGED,
    lifecycleRules: [{ expiration: Duration.days(400) }],
  });
}
