import { Arn, ArnFormat, Aws, Duration, RemovalPolicy, Stack, Validations, type StackProps } from 'aws-cdk-lib';
import { BackupPlan, BackupPlanRule, BackupResource, BackupVault } from 'aws-cdk-lib/aws-backup';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Schedule } from 'aws-cdk-lib/aws-events';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { AuditedTable } from './constructs/audited-table.ts';
import { grant } from './constructs/grant.ts';
import { namesOfArn } from './constructs/names-of-arn.ts';
import { backupDays, replicaVaultName } from './replica-names.ts';

interface BackupStackProps extends StackProps {
  stage: string;
  table: AuditedTable;
  dataKey: IKey;
  /** Where a copy of every backup goes. */
  replicaRegion: string | undefined;
}

/**
 * Nightly backups of the table in a vault of their own. They are beside point-in-time recovery, which restores to any second but ends with the table: a backup in
 * the vault outlives it, and can be copied to another region.
 */
export class BackupStack extends Stack {
  readonly #vault: BackupVault;

  constructor(scope: Construct, id: string, { stage, table, dataKey, replicaRegion, ...props }: BackupStackProps) {
    super(scope, id, props);
    this.#vault = new BackupVault(this, 'Vault', {
      backupVaultName: `mc-${stage}`,
      encryptionKey: dataKey,
      blockRecoveryPointDeletion: false,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const replica = replicaRegion === undefined ? undefined : this.#vaultIn(stage, replicaRegion);
    const plan = new BackupPlan(this, 'Nightly', { backupPlanName: `mc-${stage}-nightly`, backupVault: this.#vault });
    plan.addRule(
      new BackupPlanRule({
        ruleName: 'nightly',
        scheduleExpression: Schedule.cron({ hour: '2', minute: '0' }),
        startWindow: Duration.hours(1),
        completionWindow: Duration.hours(6),
        deleteAfter: Duration.days(backupDays),
        ...(replica && {
          copyActions: [{ destinationBackupVault: replica, deleteAfter: Duration.days(backupDays) }],
        }),
      }),
    );
    plan.addSelection('Table', {
      backupSelectionName: 'table',
      resources: [BackupResource.fromDynamoDbTable(table.table)],
      role: this.#role({ table, dataKey, vaults: [this.#vault.backupVaultArn, ...(replica ? [replica.backupVaultArn] : [])] }),
      disableDefaultBackupPolicy: true,
    });
  }

  /** The part of AWS's policy for backups that is about one table and these vaults. */
  #role({ table, dataKey, vaults }: { table: AuditedTable; dataKey: IKey; vaults: string[] }): Role {
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('backup.amazonaws.com') });
    const { tableArn } = table.table;
    const onTable = ['DescribeTable', 'CreateBackup', 'StartAwsBackupJob', 'ListTagsOfResource'];
    grant(
      role,
      onTable.map((action) => `dynamodb:${action}`),
      [tableArn],
    );
    grant(role, ['dynamodb:DescribeBackup', 'dynamodb:DeleteBackup'], [`${tableArn}/backup/*`]);
    grant(role, ['backup:DescribeBackupVault', 'backup:CopyIntoBackupVault'], vaults);
    grant(role, ['kms:DescribeKey', 'kms:Decrypt', 'kms:GenerateDataKey'], [dataKey.keyArn]);
    role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['kms:CreateGrant'],
        resources: [dataKey.keyArn],
        conditions: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
      }),
    );
    const reason = 'Backups of the table get their names when they are made.';
    const names = namesOfArn(table.table, tableArn);
    Validations.of(role).acknowledge(...names.map((name) => ({ id: `AwsSolutions-IAM5[Resource::${name}/backup/*]`, reason })));
    return role;
  }

  /** Backups that were finished in a quarter of a day; there is one a night. */
  finished(): Metric {
    return new Metric({
      namespace: 'AWS/Backup',
      metricName: 'NumberOfBackupJobsCompleted',
      dimensionsMap: { BackupVaultName: this.#vault.backupVaultName },
      statistic: 'Sum',
      period: Duration.hours(6),
    });
  }

  #vaultIn(stage: string, region: string): ReturnType<typeof BackupVault.fromBackupVaultArn> {
    const arn = Arn.format(
      {
        service: 'backup',
        resource: 'backup-vault',
        resourceName: replicaVaultName(stage),
        region,
        account: Aws.ACCOUNT_ID,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      },
      this,
    );
    return BackupVault.fromBackupVaultArn(this, 'ReplicaVault', arn);
  }
}
