/** What the stacks of two regions have to agree on. */
import { Aws } from 'aws-cdk-lib';

export type ReplicatedKind = 'data' | 'logs' | 'receipts';

/** Names instead of references, because CloudFormation has none between regions. */
export const replicaVaultName = (stage: string): string => `mc-${stage}-replica`;
export const replicaKeyAlias = (stage: string): string => `alias/mc-${stage}-replica`;
export const replicaBucketName = (stage: string, kind: ReplicatedKind): string => `mc-${stage}-${kind}-replica-${Aws.ACCOUNT_ID}`;

/** As long as point-in-time recovery reaches back; what was purged is gone from all copies after that. */
export const backupDays = 35;
