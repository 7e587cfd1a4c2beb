import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { ObjectLockRetention, StorageClass } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { receiptDaysMin } from '../shared/tenant/retention.ts';
import { AuditedTable } from './constructs/audited-table.ts';
import { BlobBucket } from './constructs/blob-bucket.ts';
import { accessLogBucket } from './constructs/kept-bucket.ts';
import { replicateBucket } from './constructs/replicate-bucket.ts';
import type { EnvelopeKey } from './constructs/envelope-key.ts';

interface DataStackProps extends StackProps {
  dataKey: IKey;
  envelopeKey: EnvelopeKey;
  /** Where S3 copies every blob to. */
  replica: { stage: string; region: string } | undefined;
  /** How firmly receipts are kept. */
  objectLock: 'governance' | 'compliance';
  /** Write units a second that the table takes from the start. */
  warmWrites: number | undefined;
}

/**
 * Logs are read while a run is looked into; later they are evidence, and then not even that. How long they are kept is the tenant's to say, and a legal hold may keep
 * them for ever: so no rule here deletes one. Purges do, with all versions.
 */
const logLifecycle = [
  {
    transitions: [{ storageClass: StorageClass.INFREQUENT_ACCESS, transitionAfter: Duration.days(30) }],
    noncurrentVersionExpiration: Duration.days(30),
  },
];

/**
 * As long as receipts are kept at least, whatever a tenant sets. Governance mode can be lifted by a role with an explicit right, compliance mode by nobody, not even
 * by the owner of the account: which of them is for whoever deploys to say, since it cannot be taken back.
 */
function receiptLock(mode: 'governance' | 'compliance'): ObjectLockRetention {
  return ObjectLockRetention[mode](Duration.days(receiptDaysMin));
}

/** What tenants stored; nothing here goes with the stack. */
export class DataStack extends Stack {
  /** For how long a receipt cannot be deleted, here and where it is copied to. */
  readonly receiptRetention: ObjectLockRetention;
  readonly table: AuditedTable;
  readonly data: BlobBucket;
  readonly logs: BlobBucket;
  readonly receipts: BlobBucket;

  constructor(scope: Construct, id: string, { dataKey, envelopeKey, warmWrites, replica, objectLock, ...props }: DataStackProps) {
    super(scope, id, props);
    this.receiptRetention = receiptLock(objectLock);
    this.table = new AuditedTable(this, 'Main', { encryptionKey: dataKey, warmWrites });
    const shared = { encryptionKey: dataKey, envelopeKey, accessLogs: accessLogBucket(this) };
    this.data = new BlobBucket(this, 'Data', shared);
    this.logs = new BlobBucket(this, 'Logs', { ...shared, lifecycleRules: logLifecycle });
    this.receipts = new BlobBucket(this, 'Receipts', { ...shared, objectLockDefaultRetention: this.receiptRetention });
    if (replica) {
      const kinds = { data: this.data, logs: this.logs, receipts: this.receipts } as const;
      for (const kind of ['data', 'logs', 'receipts'] as const)
        replicateBucket(kinds[kind].bucket, { ...replica, kind, encryptionKey: dataKey });
    }
    new CfnOutput(this, 'TableName', { value: this.table.table.tableName });
    new CfnOutput(this, 'BlobBucketName', { value: this.data.bucket.bucketName });
  }
}
