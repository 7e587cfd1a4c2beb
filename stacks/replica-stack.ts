import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { BackupVault } from 'aws-cdk-lib/aws-backup';
import { Key } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type BucketProps } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { backupDays, replicaBucketName, replicaKeyAlias, replicaVaultName, type ReplicatedKind } from './replica-names.ts';

interface ReplicaStackProps extends StackProps {
  stage: string;
  /** For how long receipts cannot be deleted. */
  receiptRetention: BucketProps['objectLockDefaultRetention'];
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
    const accessLogs = new Bucket(this, 'AccessLogs', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      lifecycleRules: [{ expiration: Duration.days(400) }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const kinds: [ReplicatedKind, Partial<BucketProps>][] = [
      ['data', {}],
      ['logs', {}],
      ['receipts', receiptRetention === undefined ? {} : { objectLockDefaultRetention: receiptRetention }],
    ];
    for (const [kind, more] of kinds) {
      new Bucket(this, `Replica${kind}`, {
        bucketName: replicaBucketName(stage, kind),
        encryption: BucketEncryption.KMS,
        encryptionKey,
        bucketKeyEnabled: true,
        blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
        enforceSSL: true,
        minimumTLSVersion: 1.2,
        versioned: true,
        // What was deleted at home is deleted here when nobody can want it back any more.
        lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(backupDays), expiredObjectDeleteMarker: true }],
        serverAccessLogsBucket: accessLogs as unknown as NonNullable<BucketProps['serverAccessLogsBucket']>, // The same at run time (blob-bucket.ts).
        serverAccessLogsPrefix: `${kind}/`,
        removalPolicy: RemovalPolicy.RETAIN,
        ...more,
      });
    }
  }
}
