import { Tags, type App } from 'aws-cdk-lib';
import { ApiStack } from './api-stack.ts';
import { DataStack } from './data-stack.ts';
import { ExecutionStack } from './execution-stack.ts';
import type { FunctionCode } from './function-code.ts';
import type { HomeParts } from './home-environment.ts';
import { KeysStack } from './keys-stack.ts';
import { ObservabilityStack } from './observability-stack.ts';
import { RunnersStack } from './runners-stack.ts';
import type { Settings } from './settings.ts';

/** Adds all stacks of one home to an app, one stack a lifecycle, in the order in which they are deployed. */
export function addMaestroHome(app: App, settings: Settings, code: FunctionCode): void {
  const { stage, issuer, audience, alarmEmail, region, ownerTenant, runnerImage, taskPollers, warmWrites } = settings;
  const name = (part: string): string => `mc-${stage}-${part}`;
  const keys = new KeysStack(app, name('keys'), { description: 'Maestro Conductor: keys' });
  const data = new DataStack(app, name('data'), { description: 'Maestro Conductor: table and blobs', dataKey: keys.dataKey, warmWrites });
  const { table, data: blobs, logs, receipts } = data;
  const { signingKey, logKey } = keys;
  const parts: HomeParts = { table, data: blobs, logs, receipts, signingKey, logKey };
  const execution = new ExecutionStack(app, name('execution'), {
    description: 'Maestro Conductor: queue, worker and supervision',
    stage,
    code,
    parts,
    region,
    ownerTenant,
    taskPollers,
  });
  const api = new ApiStack(app, name('api'), { description: 'Maestro Conductor: HTTP API', code, parts, execution, issuer, audience });
  new ObservabilityStack(app, name('observability'), {
    description: 'Maestro Conductor: dashboard and alarms',
    stage,
    dataKey: keys.dataKey,
    parts,
    execution,
    api,
    alarmEmail,
  });
  if (runnerImage) {
    new RunnersStack(app, name('runners'), { description: 'Maestro Conductor: containers for attempts', stage, image: runnerImage });
  }
  Tags.of(app).add('application', 'maestro-conductor');
  Tags.of(app).add('stage', stage);
}
