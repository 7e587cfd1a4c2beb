import { Tags, type App } from 'aws-cdk-lib';
import { ApiStack } from './api-stack.ts';
import { BackupStack } from './backup-stack.ts';
import { DataStack } from './data-stack.ts';
import { ExecutionStack } from './execution-stack.ts';
import type { FunctionCode } from './function-code.ts';
import type { HomeParts } from './home-environment.ts';
import { KeysStack } from './keys-stack.ts';
import { ObservabilityStack } from './observability-stack.ts';
import { ReplicaStack } from './replica-stack.ts';
import { RunnersStack } from './runners-stack.ts';
import type { Settings } from './settings.ts';

/** Adds all stacks of one home to an app, one stack a lifecycle, in the order in which they are deployed. */
export function addMaestroHome(app: App, settings: Settings, code: FunctionCode): void {
  const { stage, issuer, audience, alarmEmail, region, trustDomain, ownerTenant, runnerImage } = settings;
  const { taskPollers, warmWrites, maxKeyDays, replicaRegion, logGeneration, objectLock } = settings;
  const name = (part: string): string => `mc-${stage}-${part}`;
  const keys = new KeysStack(app, name('keys'), {
    description: 'Maestro Conductor: keys',
    ...(logGeneration !== undefined && { logGeneration }),
  });
  const data = new DataStack(app, name('data'), {
    description: 'Maestro Conductor: table and blobs',
    dataKey: keys.dataKey,
    envelopeKey: keys.envelopeKey,
    warmWrites,
    objectLock,
    replica: replicaRegion === undefined ? undefined : { stage, region: replicaRegion },
  });
  const { table, data: blobs, logs, receipts } = data;
  const { authorityKeys, signingKey, logKey, envelopeKey, dataKey: storageKey } = keys;
  const parts: HomeParts = { table, data: blobs, logs, receipts, storageKey, envelopeKey, signingKey, logKey, authorityKeys };
  const backup = addCopies(app, settings, data, keys);
  const execution = new ExecutionStack(app, name('execution'), {
    description: 'Maestro Conductor: queue, worker and supervision',
    stage,
    code,
    parts,
    region,
    trustDomain,
    ownerTenant,
    taskPollers,
    maxKeyDays,
  });
  const api = new ApiStack(app, name('api'), { description: 'Maestro Conductor: HTTP API', code, parts, execution, issuer, audience });
  new ObservabilityStack(app, name('observability'), {
    description: 'Maestro Conductor: dashboard and alarms',
    stage,
    dataKey: keys.dataKey,
    parts,
    execution,
    api,
    backup,
    alarmEmail,
  });
  if (runnerImage) {
    new RunnersStack(app, name('runners'), { description: 'Maestro Conductor: containers for attempts', stage, image: runnerImage });
  }
  Tags.of(app).add('application', 'maestro-conductor');
  Tags.of(app).add('stage', stage);
}

/** What a home is restored from: backups of its table, and with a second region copies of everything. */
function addCopies(app: App, settings: Settings, data: DataStack, { dataKey }: KeysStack): BackupStack | undefined {
  const { stage, replicaRegion, nightlyBackups } = settings;
  const description = 'Maestro Conductor: nightly backups';
  const backup =
    nightlyBackups === 'elsewhere'
      ? undefined
      : new BackupStack(app, `mc-${stage}-backup`, { description, stage, table: data.table, dataKey, replicaRegion });
  if (replicaRegion === undefined) return backup;
  const replica = new ReplicaStack(app, `mc-${stage}-replica`, {
    description: 'Maestro Conductor: copies in another region',
    env: { region: replicaRegion },
    stage,
    receiptRetention: data.receiptRetention,
  });
  // S3 and AWS Backup refuse a destination that is not there.
  data.addStackDependency(replica, 'replicates into it');
  backup?.addStackDependency(replica, 'copies into it');
  return backup;
}
