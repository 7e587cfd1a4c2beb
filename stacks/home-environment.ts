import type { IKey } from 'aws-cdk-lib/aws-kms';
import { metricsService } from '../shared/port/metrics.ts';
import type { AuthorityKeys } from './constructs/authority-keys.ts';
import type { BlobBucket } from './constructs/blob-bucket.ts';
import type { AuditedTable } from './constructs/audited-table.ts';
import type { EnvelopeKey } from './constructs/envelope-key.ts';
import type { ReceiptKey } from './constructs/receipt-key.ts';
import type { SigningKey } from './constructs/signing-key.ts';

/** The parts of other stacks that functions work on. */
export interface HomeParts {
  table: AuditedTable;
  data: BlobBucket;
  logs: BlobBucket;
  receipts: BlobBucket;
  /** With which table and buckets encrypt by themselves. */
  storageKey: IKey;
  /** Wraps data keys. */
  envelopeKey: EnvelopeKey;
  signingKey: ReceiptKey;
  /** Signs the checkpoints of the transparency log. */
  logKey: SigningKey;
  /** Vouch for the signers of the home. */
  authorityKeys: AuthorityKeys;
}

/** The environment functions/wire/aws-deps.ts requires: names only, never a secret. */
export function homeEnvironment(
  parts: HomeParts,
  execution: {
    stage: string;
    queueUrl: string;
    stateMachineArn: string;
    rotationMachineArn: string;
    builderId: string;
    ownerTenant: string;
    region?: string | undefined;
    trustDomain?: string | undefined;
  },
): Record<string, string> {
  return {
    POWERTOOLS_SERVICE_NAME: metricsService(execution.stage),
    MC_BUILDER_ID: execution.builderId,
    MC_OWNER_TENANT: execution.ownerTenant,
    MC_TABLE: parts.table.table.tableName,
    MC_DATA_BUCKET: parts.data.bucket.bucketName,
    MC_LOG_BUCKET: parts.logs.bucket.bucketName,
    MC_RECEIPT_BUCKET: parts.receipts.bucket.bucketName,
    MC_STORAGE_KEY_ARN: parts.storageKey.keyArn,
    MC_ENVELOPE_KEY_ALIAS: parts.envelopeKey.rotated.aliasName,
    MC_SIGNING_KEY_ALIAS: parts.signingKey.rotated.aliasName,
    MC_LOG_KEY_ARN: parts.logKey.key.keyArn,
    ...parts.authorityKeys.environment(),
    MC_TASK_QUEUE_URL: execution.queueUrl,
    MC_STATE_MACHINE_ARN: execution.stateMachineArn,
    MC_ROTATION_MACHINE_ARN: execution.rotationMachineArn,
    ...(execution.region === undefined ? {} : { MC_REGION: execution.region }),
    ...(execution.trustDomain === undefined ? {} : { MC_TRUST_DOMAIN: execution.trustDomain }),
  };
}
