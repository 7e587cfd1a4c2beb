import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { BackupVault } from 'aws-cdk-lib/aws-backup';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { ObjectLockRetention } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { accessLogBucket, keptBucket } from './constructs/kept-bucket.ts';
import { backupDays, replicaBucketName, replicaKeyAlias, replicaVaultName } from './replica-names.ts';

interface ReplicaStackProps extends StackProps {
  stage: string;
  /** For how long receipts cannot be deleted. */
  receiptRetention: ObjectLockRetention;
}

/** The copies of a home in another region: a bucket for each kind of blob, and a vault for the backups of the table. Nothing here goes with the stack. */
export class ReplicaStack extends Stack {
  constructor(scope: Construct, id: string, { stage, receiptRetention, ...props }: ReplicaStackProps) {
    super(scope, id, props);
    const encryptionKey = new Key(this, 'Key', {
      alias: replicaKeyAlias(stage),
      description: 'Encrypts the replicas of Maestro Conductor',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    new BackupVault(this, 'Vault', { backupVaultName: replicaVaultName(stage), encryptionKey, removalPolicy: RemovalPolicy.RETAIN });
    const accessLogs = accessLogBucket(this);
    for (const kind of ['data', 'logs', 'receipts'] as const) {
      keptBucket(this, `Replica${kind}`, {
        bucketName: replicaBucketName(stage, kind),
        encryptionKey,
        accessLogs,
        logPrefix: `${kind}/`,
        // What was deleted at home is deleted here when nobody can want it back any more.
        lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(backupDays), expiredObjectDeleteMarker: true }],
        ...(kind === 'receipts' && { objectLockDefaultRetention: receiptRetention }),
      });
    }
  }
}
