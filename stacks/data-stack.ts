import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectLockRetention, StorageClass } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { AuditedTable } from './constructs/audited-table.ts';
import { BlobBucket } from './constructs/blob-bucket.ts';

interface DataStackProps extends StackProps {
  dataKey: IKey;
  /** Write units a second that the table takes from the start. */
  warmWrites: number | undefined;
}

/** Logs are read while a run is looked into; later they are evidence, and then not even that. */
const logLifecycle = [
  {
    transitions: [{ storageClass: StorageClass.INFREQUENT_ACCESS, transitionAfter: Duration.days(30) }],
    expiration: Duration.days(400),
    noncurrentVersionExpiration: Duration.days(30),
  },
];

/** A receipt must be there for the audit of the year it belongs to. Governance mode: only a role with an explicit right can lift it. */
const receiptRetention = ObjectLockRetention.governance(Duration.days(400));

/** What tenants stored; nothing here goes with the stack. */
export class DataStack extends Stack {
  readonly table: AuditedTable;
  readonly data: BlobBucket;
  readonly logs: BlobBucket;
  readonly receipts: BlobBucket;

  constructor(scope: Construct, id: string, { dataKey, warmWrites, ...props }: DataStackProps) {
    super(scope, id, props);
    this.table = new AuditedTable(this, 'Main', { encryptionKey: dataKey, warmWrites });
    const accessLogs = new Bucket(this, 'AccessLogs', {
      // S3 delivers access logs with its own encryption only.
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      lifecycleRules: [{ expiration: Duration.days(400) }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const shared = { encryptionKey: dataKey, accessLogs };
    this.data = new BlobBucket(this, 'Data', shared);
    this.logs = new BlobBucket(this, 'Logs', { ...shared, lifecycleRules: logLifecycle });
    this.receipts = new BlobBucket(this, 'Receipts', { ...shared, objectLockDefaultRetention: receiptRetention });
    new CfnOutput(this, 'TableName', { value: this.table.table.tableName });
    new CfnOutput(this, 'BlobBucketName', { value: this.data.bucket.bucketName });
  }
}
