import type { BlobBucket } from './constructs/blob-bucket.ts';
import type { AuditedTable } from './constructs/audited-table.ts';
import type { SigningKey } from './constructs/signing-key.ts';

/** The parts of other stacks that functions work on. */
export interface HomeParts {
  table: AuditedTable;
  data: BlobBucket;
  logs: BlobBucket;
  receipts: BlobBucket;
  signingKey: SigningKey;
  /** Signs the checkpoints of the transparency log. */
  logKey: SigningKey;
}

/** The environment functions/wire/aws-deps.ts requires: names only, never a secret. */
export function homeEnvironment(
  parts: HomeParts,
  execution: { queueUrl: string; stateMachineArn: string; builderId: string; ownerTenant: string; region?: string | undefined },
): Record<string, string> {
  return {
    MC_BUILDER_ID: execution.builderId,
    MC_OWNER_TENANT: execution.ownerTenant,
    MC_TABLE: parts.table.table.tableName,
    MC_DATA_BUCKET: parts.data.bucket.bucketName,
    MC_LOG_BUCKET: parts.logs.bucket.bucketName,
    MC_RECEIPT_BUCKET: parts.receipts.bucket.bucketName,
    MC_SIGNING_KEY_ARN: parts.signingKey.key.keyArn,
    MC_LOG_KEY_ARN: parts.logKey.key.keyArn,
    MC_TASK_QUEUE_URL: execution.queueUrl,
    MC_STATE_MACHINE_ARN: execution.stateMachineArn,
    ...(execution.region === undefined ? {} : { MC_REGION: execution.region }),
  };
}
