import { Stack, Validations } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnBucket, type Bucket } from 'aws-cdk-lib/aws-s3';
import { replicaBucketName, replicaKeyAlias, type ReplicatedKind } from '../replica-names.ts';
import { grant } from './grant.ts';
import { nameOfArn } from './names-of-arn.ts';

interface Replication {
  stage: string;
  kind: ReplicatedKind;
  region: string;
  /** The key of the bucket. */
  encryptionKey: IKey;
}

/** S3 copies in 15 minutes what it copies at all, and says so in a metric when it does not: as the objective is (seed 0.2, MC-SRE-762). */
const withinMinutes = 15;

/** Has S3 copy every version of a bucket into its replica in another region, deletions as markers only: a replica is there for the day when somebody deletes. */
export function replicateBucket(bucket: Bucket, { stage, kind, region, encryptionKey }: Replication): void {
  const stack = Stack.of(bucket);
  const name = replicaBucketName(stage, kind);
  const destination = stack.formatArn({ service: 's3', account: '', region: '', resource: name });
  const keys = stack.formatArn({ service: 'kms', region, resource: 'key', resourceName: '*' });
  const role = new Role(bucket, 'Replication', { assumedBy: new ServicePrincipal('s3.amazonaws.com') });
  grant(role, ['s3:GetReplicationConfiguration', 's3:ListBucket'], [bucket.bucketArn]);
  grant(role, ['s3:GetObjectVersionForReplication', 's3:GetObjectVersionAcl', 's3:GetObjectVersionTagging'], [bucket.arnForObjects('*')]);
  grant(role, ['s3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags'], [`${destination}/*`]);
  if (kind === 'receipts') grant(role, ['s3:GetObjectRetention', 's3:GetObjectLegalHold'], [bucket.arnForObjects('*')]);
  grant(role, ['kms:Decrypt'], [encryptionKey.keyArn]);
  role.addToPrincipalPolicy(
    new PolicyStatement({
      effect: Effect.ALLOW,
      actions: ['kms:Encrypt', 'kms:GenerateDataKey'],
      resources: [keys],
      // The stack of the other region cannot tell the ARN of its key; its alias says which one it is.
      conditions: { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': replicaKeyAlias(stage) } },
    }),
  );
  const reason = 'Objects are named by tenant and digest, which no policy can list; the key of the replica is told by its alias.';
  const resources = [
    `${nameOfArn(bucket, bucket.bucketArn)}/*`,
    `arn:<AWS::Partition>:s3:::mc-${stage}-${kind}-replica-<AWS::AccountId>/*`,
    `arn:<AWS::Partition>:kms:${region}:<AWS::AccountId>:key/*`,
  ];
  Validations.of(role).acknowledge(...resources.map((resource) => ({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason })));
  const cfn = bucket.node.defaultChild;
  if (!(cfn instanceof CfnBucket)) throw new Error('a bucket is no CfnBucket');
  cfn.replicationConfiguration = {
    role: role.roleArn,
    rules: [
      {
        id: 'everything',
        status: 'Enabled',
        priority: 1,
        filter: { prefix: '' },
        deleteMarkerReplication: { status: 'Enabled' },
        sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: 'Enabled' } },
        destination: {
          bucket: destination,
          encryptionConfiguration: {
            replicaKmsKeyId: stack.formatArn({ service: 'kms', region, resource: replicaKeyAlias(stage) }),
          },
          metrics: { status: 'Enabled', eventThreshold: { minutes: withinMinutes } },
          replicationTime: { status: 'Enabled', time: { minutes: withinMinutes } },
        },
      },
    ],
  };
}
