import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { AwsSolutionsChecks } from 'cdk-nag';
import { operations } from '../../functions/http/index.ts';
import type { Operation } from '../../functions/middleware/operation.ts';
import { TenantId } from '../../shared/core/tenant-id.ts';
import { metricMeanings, metricNames } from '../../shared/port/metrics.ts';
import { operationsWithRights, rightsOf } from '../../stacks/operation-rights.ts';
import { buildHomeTemplate, type HomeTemplate } from './build-home-template.ts';

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: unknown;
}

const root = join(import.meta.dirname, '..', '..');
const listOf = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

let home: HomeTemplate;
beforeAll(() => {
  home = buildHomeTemplate();
});

const resourcesOf = (type: string): HomeTemplate['resources'] => home.resources.filter(({ resource }) => resource.Type === type);

function statementsOf(properties: Record<string, unknown>): Statement[] {
  return (properties['PolicyDocument'] as { Statement: Statement[] }).Statement;
}

/** Every statement of every policy that gives something to a role. */
function grants(): (Statement & { id: string })[] {
  return resourcesOf('AWS::IAM::Policy').flatMap(({ id, resource }) =>
    statementsOf(resource.Properties).map((statement) => ({ ...statement, id })),
  );
}

describe('what is stored', () => {
  test('every table, bucket, queue and topic is encrypted', () => {
    for (const { resource } of resourcesOf('AWS::DynamoDB::Table'))
      expect(resource.Properties['SSESpecification']).toMatchObject({ SSEEnabled: true, SSEType: 'KMS' });
    for (const { resource } of resourcesOf('AWS::S3::Bucket')) expect(resource.Properties['BucketEncryption']).toBeDefined();
    for (const { resource } of resourcesOf('AWS::SQS::Queue')) expect(resource.Properties['SqsManagedSseEnabled']).toBe(true);
    for (const { resource } of resourcesOf('AWS::SNS::Topic')) expect(resource.Properties['KmsMasterKeyId']).toBeDefined();
  });

  test('no bucket is public or answers without TLS', () => {
    const buckets = resourcesOf('AWS::S3::Bucket');
    expect(buckets).toHaveLength(4);
    for (const { resource } of buckets) {
      expect(Object.values(resource.Properties['PublicAccessBlockConfiguration'] as object)).toEqual([true, true, true, true]);
    }
    const denials = resourcesOf('AWS::S3::BucketPolicy').map(({ resource }) => statementsOf(resource.Properties));
    expect(denials).toHaveLength(4);
    for (const statements of denials) {
      expect(statements).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      );
    }
  });

  test('receipts are under Object Lock', () => {
    const locked = resourcesOf('AWS::S3::Bucket').filter(({ resource }) => resource.Properties['ObjectLockEnabled'] === true);
    expect(locked.map(({ id }) => id)).toEqual([expect.stringMatching(/^Receipts/)]);
    expect(locked[0]?.resource.Properties['ObjectLockConfiguration']).toMatchObject({
      Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 2_557 } },
    });
  });

  test('the table can be restored to any second and cannot be deleted by accident', () => {
    expect(resourcesOf('AWS::DynamoDB::Table').map(({ resource }) => resource.Properties)).toEqual([
      expect.objectContaining({
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
        StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
      }),
    ]);
  });

  test('tables, buckets and keys stay when their stack goes or they are replaced', () => {
    for (const type of ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::KMS::Key']) {
      for (const { resource } of resourcesOf(type))
        expect([resource.DeletionPolicy, resource.UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
    }
  });

  test('stateful resources keep their logical ids, because another id is another, empty resource', () => {
    const stateful = [
      'AWS::DynamoDB::Table',
      'AWS::S3::Bucket',
      'AWS::KMS::Key',
      'AWS::SQS::Queue',
      'AWS::StepFunctions::StateMachine',
      'AWS::ApiGatewayV2::Api',
    ];
    expect(stateful.flatMap((type) => resourcesOf(type).map(({ stack, id }) => `${stack}/${id}`))).toEqual([
      'mc-dev-data/MainTable06387DF9',
      'mc-dev-data/AccessLogs8B620ECA',
      'mc-dev-data/DataBucketE6B0FAA8',
      'mc-dev-data/LogsBucket5C52C3D2',
      'mc-dev-data/ReceiptsBucket3F658C3D',
      'mc-dev-keys/DataKey17AFBB84',
      'mc-dev-keys/EnvelopeKeyD3E142F7',
      'mc-dev-keys/SigningKey49B95470',
      'mc-dev-keys/LogKey15608DC4',
      'mc-dev-keys/AuthorityKeysCertificatesKey6B7D7A4E',
      'mc-dev-keys/AuthorityKeysTimestampsKey4494B4E7',
      'mc-dev-keys/AuthorityKeysPromisesKey5A488909',
      'mc-dev-execution/DeadLettersBBF8BAAB',
      'mc-dev-execution/Tasks0BA6A452',
      'mc-dev-execution/RunC4A32B5F',
      'mc-dev-execution/KeyRotationMachineB0BC731A',
      'mc-dev-execution/RetentionMachineFA6BBDB2',
      'mc-dev-api/ApiF70053CD',
    ]);
  });
});

describe('who may do what', () => {
  test('no grant names an action by a wildcard', () => {
    const actions = grants().flatMap(({ Action }) => listOf(Action));
    expect(actions.length).toBeGreaterThan(100);
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  test('only traces and the delivery of logs are granted on every resource, and the making of keys with a tag of ours', () => {
    const makesTagged = ({ Condition }: Statement): boolean => JSON.stringify(Condition ?? {}).includes('aws:RequestTag/maestro-alias');
    const onEverything = grants().filter((found) => listOf(found.Resource).includes('*') && !makesTagged(found));
    const actions = [...new Set(onEverything.flatMap(({ Action }) => listOf(Action)))];
    expect(actions.filter((action) => !action.startsWith('xray:') && !action.startsWith('logs:'))).toEqual([]);
  });

  test('no role carries a managed policy', () => {
    for (const { resource } of resourcesOf('AWS::IAM::Role')) expect(resource.Properties).not.toHaveProperty('ManagedPolicyArns');
  });

  test('operations that read, and the plan, cannot write or sign', () => {
    // POSTs that change nothing, and GETs whose answer is signed or logged when it is asked for the first time, or that leave an audit event.
    const signedOrLoggedWhenAsked = [
      'getReceipt',
      'getDecisionReceipt',
      'getRunEgress',
      'getStatement',
      'getDisclosure',
      'listEvidence',
      'getEvidenceFile',
      'getKeyRotation',
      'getDeletionManifest',
    ];
    const isReading = ({ id, method }: Operation): boolean =>
      id === 'planRun' || id === 'replayPolicy' || (method === 'GET' && !signedOrLoggedWhenAsked.includes(id));
    const readers = operations.filter(isReading).map(({ id }) => id.toLowerCase());
    const writing = /^(dynamodb:(Put|Update|Delete|Batch.*Write)|s3:Put|kms:Sign|sqs:Send|states:)/;
    const offending = grants().filter(
      ({ id, Action }) =>
        readers.some((name) => id.toLowerCase().startsWith(`${name}role`)) && listOf(Action).some((action) => writing.test(action)),
    );
    expect(offending).toEqual([]);
  });

  test('every operation has a row that says what it may touch, and no row is left over', () => {
    expect(operations.filter(({ id }) => !operationsWithRights.includes(id)).map(({ id }) => id)).toEqual([]);
    expect(operationsWithRights.filter((name) => !operations.some(({ id }) => id === name))).toEqual([]);
    expect(() => rightsOf('launchRockets')).toThrow(/launchRockets.*operation-rights/);
  });

  test('only actions on a run both start runs and wake the phase that waits for one, among what callers reach', () => {
    const may = (action: string): string[] => {
      const ids = grants().flatMap(({ id, Action }) => (listOf(Action).includes(action) ? [id.replace(/Role.*/, '')] : []));
      return [...new Set(ids)].filter((id) => operationsWithRights.some((name) => name.toLowerCase() === id.toLowerCase())).sort();
    };
    expect(may('states:SendTaskSuccess')).toEqual(['ActOnExecution']);
    // A rotation is started by name of its own machine.
    expect(may('states:StartExecution')).toEqual(['ActOnExecution', 'RotateKey', 'StartExecution', 'StartExecutions']);
  });

  test('settings of a tenant, its members and its events live in the table: their functions reach no blob', () => {
    const names = ['CreateTenant', 'PutMember', 'ListMembers', 'ListTenants', 'GetTenant', 'ListAuditEvents', 'Whoami'];
    const reaching = grants().filter(
      ({ id, Action }) => names.includes(id.replace(/Role.*/, '')) && listOf(Action).some((action) => action.startsWith('s3:')),
    );
    expect(reaching).toEqual([]);
    // Rule data is tried on the packs of the tenant, which are blobs; it is not stored there.
    const writing = grants().filter(({ id, Action }) => id.startsWith('ChangeTenantRole') && listOf(Action).includes('s3:PutObject'));
    expect(writing).toEqual([]);
  });

  test('only sealing, publishing, proving a decision or what a run called, and installing the catalog may sign', () => {
    expect(signersWith('SigningKey')).toEqual([
      'GetDecisionReceipt',
      'GetDisclosure',
      'GetRunEgress',
      'InstallCatalog',
      'KeyRotationRotate',
      'KeyRotationWatch',
      'OpenWithheld',
      'PublishWorkflow',
      'PurgeNow',
      'PushPackage',
      'PushPolicyPack',
      'RetentionPurge',
      // Tries the key in use before it is rotated.
      'RotateKey',
      'SealRun',
    ]);
  });

  test('only the sequencer, and what answers with a log entry, may sign checkpoints', () => {
    expect(signersWith('LogKey')).toEqual([
      'GetDecisionReceipt',
      'GetDeletionManifest',
      'GetDisclosure',
      'GetKeyRotation',
      'GetReceipt',
      'GetRunEgress',
      'GetStatement',
      'KeyRotationRotate',
      'OpenWithheld',
      'TransparencyLogIntegrate',
      'TransparencyLogRetire',
    ]);
  });

  test('only what answers with an identity may issue certificates and timestamps, and the deployment makes the authority', () => {
    const certifying = ['GetDecisionReceipt', 'GetReceipt', 'GetRunEgress', 'GetStatement'];
    expect(signersWith('AuthorityKeysCertificates')).toEqual([...certifying, 'InstallCatalog'].sort());
    expect(signersWith('AuthorityKeysTimestamps')).toEqual(certifying);
    expect(signersWith('AuthorityKeysPromises')).toEqual(certifying);
  });

  /** Functions that may sign with the key of this name. */
  function signersWith(key: string): string[] {
    const signers = grants().filter(
      ({ Action, Resource }) => listOf(Action).includes('kms:Sign') && JSON.stringify(Resource).includes(key),
    );
    return [...new Set(signers.map(({ id }) => id.replace(/Role.*/, '')))].sort();
  }

  test('cdk-nag has nothing to say', () => {
    const { violations } = new AwsSolutionsChecks(home.app).validateScope(home.app);
    expect(
      violations.flatMap(({ ruleName, violatingResources }) => violatingResources.map((found) => `${ruleName} ${found.resourceLogicalId}`)),
    ).toEqual([]);
  });
});

describe('the API', () => {
  test('every operation that is not public asks for a token, and every operation has a route', () => {
    const routes = resourcesOf('AWS::ApiGatewayV2::Route').map(({ resource }) => [
      resource.Properties['RouteKey'],
      resource.Properties['AuthorizationType'],
    ]);
    const expected = operations.map(({ method, path, roles }) => [`${method} ${path}`, roles === 'public' ? 'NONE' : 'JWT']);
    expect(routes.sort()).toEqual(expected.sort());
  });

  test('tokens must come from the configured issuer and name the audience', () => {
    expect(resourcesOf('AWS::ApiGatewayV2::Authorizer').map(({ resource }) => resource.Properties['JwtConfiguration'])).toEqual([
      { Audience: ['maestro-conductor'], Issuer: 'https://issuer.example.com' },
    ]);
  });

  test('requests are limited and logged', () => {
    const [stage] = resourcesOf('AWS::ApiGatewayV2::Stage');
    expect(stage?.resource.Properties).toMatchObject({
      DefaultRouteSettings: { ThrottlingRateLimit: 2_000 },
      AccessLogSettings: { Format: expect.any(String) },
    });
  });
});

describe('what runs and who watches', () => {
  test('every function is traced, runs Node 24 and ends', () => {
    const functions = resourcesOf('AWS::Lambda::Function');
    expect(functions.length).toBe(operations.length + 15);
    for (const { resource } of functions) {
      expect(resource.Properties).toMatchObject({ Runtime: 'nodejs24.x', TracingConfig: { Mode: 'Active' }, Timeout: expect.any(Number) });
    }
  });

  test('a home is declared to stand somewhere, and in a trust domain, exactly when the deployment says so', () => {
    const regions = ({ resources }: HomeTemplate): unknown[] =>
      resources
        .map(({ resource }) => resource.Properties['Environment'] as { Variables?: Record<string, unknown> } | undefined) // The template's own form.
        .filter((environment) => environment?.Variables?.['MC_TABLE'] !== undefined)
        .map((environment) => [environment?.Variables?.['MC_REGION'], environment?.Variables?.['MC_TRUST_DOMAIN']].join(' '));
    expect(new Set(regions(home))).toEqual(new Set([' ']));
    expect(new Set(regions(buildHomeTemplate({ region: 'EU', trustDomain: 'prod.example.com' })))).toEqual(
      new Set(['EU prod.example.com']),
    );
  });

  test('every function knows which tenant owns the home, and a deployment for another owner opens its tenant', () => {
    const owners = ({ resources }: HomeTemplate): unknown[] => {
      const variables = resources
        .map(({ resource }) => resource.Properties['Environment'] as { Variables?: Record<string, unknown> } | undefined) // The template's own form.
        .filter((environment) => environment?.Variables?.['MC_TABLE'] !== undefined)
        .map((environment) => environment?.Variables?.['MC_OWNER_TENANT']);
      const steps = resources.filter(({ resource }) => resource.Type === 'Custom::MaestroCatalog');
      return [...new Set(variables), ...steps.map(({ resource }) => resource.Properties['ownerTenant'])];
    };
    expect(owners(home)).toEqual(['home', 'home']);
    expect(owners(buildHomeTemplate({ ownerTenant: TenantId.parse('acme') }))).toEqual(['acme', 'acme']);
  });

  test('runs and rotations of keys are supervised by standard machines that are logged and traced', () => {
    const machine = (name: string): unknown =>
      expect.objectContaining({
        StateMachineName: `mc-dev-${name}`,
        StateMachineType: 'STANDARD',
        TracingConfiguration: { Enabled: true },
        LoggingConfiguration: expect.objectContaining({ Level: 'ALL' }),
      });
    const machines = resourcesOf('AWS::StepFunctions::StateMachine').map(({ resource }) => resource.Properties);
    expect(machines).toEqual(expect.arrayContaining([machine('run'), machine('key-rotation')]));
    for (const { StateMachineType } of machines) expect(StateMachineType).toBe('STANDARD');
  });

  test('a task message that keeps failing is kept for a person, and one failure does not repeat its neighbours', () => {
    expect(resourcesOf('AWS::SQS::Queue').filter(({ resource }) => resource.Properties['RedrivePolicy'] !== undefined)).toHaveLength(1);
    expect(resourcesOf('AWS::Lambda::EventSourceMapping').map(({ resource }) => resource.Properties)).toEqual([
      expect.objectContaining({ FunctionResponseTypes: ['ReportBatchItemFailures'], ScalingConfig: { MaximumConcurrency: 500 } }),
    ]);
  });

  test('every alarm names its runbook, and the runbook says what to do', () => {
    const alarms = resourcesOf('AWS::CloudWatch::Alarm').map(({ resource }) => resource.Properties);
    expect(alarms.length).toBeGreaterThanOrEqual(13);
    for (const alarm of alarms) {
      const page = /docs\/runbooks\/[a-z-]+\.md/.exec(String(alarm['AlarmDescription']))?.[0] ?? 'none';
      expect(page).toBe(`docs/runbooks/${String(alarm['AlarmName']).replace(/^dev-/, '')}.md`);
      expect(existsSync(join(root, page))).toBe(true);
      expect(readFileSync(join(root, page), 'utf8').match(/^## .+/gm)).toEqual(['## Description', '## Investigation', '## Resolution']);
      expect(alarm['AlarmActions']).toHaveLength(1);
    }
  });

  test('budget, policy and estimates are watched at the limits that were promised', () => {
    const limits = resourcesOf('AWS::CloudWatch::Alarm').map(({ resource: { Properties: alarm } }) => [
      String(alarm['AlarmName']).replace(/^dev-/, ''),
      alarm['MetricName'],
      alarm['ExtendedStatistic'] ?? alarm['Statistic'],
      alarm['ComparisonOperator'],
      alarm['Threshold'],
    ]);
    const above = 'GreaterThanThreshold';
    expect(limits).toContainEqual(['mc-budget-near-limit', metricNames.budgetPercent, 'Maximum', above, 90]);
    expect(limits).toContainEqual(['mc-policy-eval-slow', metricNames.policyEvalMs, 'p95', above, 50]);
    expect(limits).toContainEqual(['mc-estimator-drift', metricNames.estimatorDrift, 'p75', above, 10]);
    expect(limits).toContainEqual(['mc-denies-high', metricNames.policyDeniesTotal, 'Sum', above, 20]);
  });

  test('the dashboard shows every metric of ours, budgets, denials and open runs for each tenant', () => {
    const [dashboard] = resourcesOf('AWS::CloudWatch::Dashboard');
    const body = JSON.stringify(dashboard?.resource.Properties['DashboardBody']);
    // A home on one machine backs itself up; here AWS does.
    const ofOneMachine: string[] = [metricNames.backupAgeMs, metricNames.backupMs, metricNames.backupFailuresTotal];
    const alarmOnly: string[] = [metricNames.receiptVerifyFailuresTotal, ...ofOneMachine];
    for (const name of Object.keys(metricMeanings)) expect([name, body.includes(name) || alarmOnly.includes(name)]).toEqual([name, true]);
    for (const name of [metricNames.budgetPercent, metricNames.policyDeniesTotal, metricNames.quotaInUse])
      expect(body).toMatch(new RegExp(`service,tenant[^"]*MetricName=[^"]*"${name}`));
  });

  test('what computes for long gets more than the usual memory', () => {
    const memory = (id: string): unknown[] =>
      resourcesOf('AWS::Lambda::Function')
        .filter((found) => found.id.startsWith(id))
        .map(({ resource }) => resource.Properties['MemorySize']);
    expect(memory('GetReceipt')).toEqual([1_024]);
    expect(memory('ReplayPolicy')).toEqual([2_048]);
  });
});
