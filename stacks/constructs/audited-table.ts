import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
  type WarmThroughput,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { grant } from './grant.ts';

const indexNames = ['gsi1', 'gsi2'] as const;
/** What a new table reads at once without being asked to (DynamoDB, warm throughput). */
const usualReads = 12_000;

/** Reads and writes go together in the setting; a start writes more than it reads. */
function warmThroughput(writes: number | undefined): { warmThroughput?: WarmThroughput } {
  if (writes === undefined) return {};
  return { warmThroughput: { writeUnitsPerSecond: writes, readUnitsPerSecond: Math.max(usualReads, writes) } };
}

const text = (name: string): { name: string; type: AttributeType } => ({ name, type: AttributeType.STRING });

/** The one table: encrypted with our key, restorable to any second, streamed for audit, kept when its stack goes. */
export class AuditedTable extends Construct {
  readonly table: Table;
  readonly #encryptionKey: IKey;

  constructor(scope: Construct, id: string, { encryptionKey, warmWrites }: { encryptionKey: IKey; warmWrites?: number | undefined }) {
    super(scope, id);
    this.#encryptionKey = encryptionKey;
    this.table = new Table(this, 'Table', {
      partitionKey: text('pk'),
      sortKey: text('sk'),
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: 'ttl',
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
      deletionProtection: true,
      ...warmThroughput(warmWrites),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    for (const indexName of indexNames) {
      this.table.addGlobalSecondaryIndex({
        indexName,
        partitionKey: text(`${indexName}pk`),
        sortKey: text(`${indexName}sk`),
        projectionType: ProjectionType.ALL,
        ...warmThroughput(warmWrites),
      });
    }
  }

  grantRead(grantee: IGrantable): void {
    const indexes = indexNames.map((name) => `${this.table.tableArn}/index/${name}`);
    grant(grantee, ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'], [this.table.tableArn, ...indexes]);
    grant(grantee, ['kms:Decrypt'], [this.#encryptionKey.keyArn]);
  }

  grantReadWrite(grantee: IGrantable): void {
    this.grantRead(grantee);
    // TransactWriteItems is allowed by the actions of its parts.
    const actions = ['PutItem', 'UpdateItem', 'DeleteItem', 'ConditionCheckItem', 'BatchWriteItem'].map((name) => `dynamodb:${name}`);
    grant(grantee, actions, [this.table.tableArn]);
    grant(grantee, ['kms:GenerateDataKey'], [this.#encryptionKey.keyArn]);
  }
}
