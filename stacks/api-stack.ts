/** The HTTP API: one function an operation, a verified token before every one that is not public. */
import { CfnOutput, RemovalPolicy, Stack, Validations, type StackProps } from 'aws-cdk-lib';
import { HttpApi, HttpMethod, HttpNoneAuthorizer, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { OperationFunction } from './constructs/operation-function.ts';
import type { ExecutionStack } from './execution-stack.ts';
import type { FunctionCode, Route } from './function-code.ts';
import type { HomeParts } from './home-environment.ts';
import { rightsOf, type OperationRights } from './operation-rights.ts';

interface ApiStackProps extends StackProps {
  code: FunctionCode;
  parts: HomeParts;
  execution: ExecutionStack;
  issuer: string;
  audience: string;
}

/** Requests a second over all callers; more than the bursts of one tenant, less than what would drain an account's Lambdas. */
const throttle = { rateLimit: 2_000, burstLimit: 5_000 };

/** CPU comes with memory, and a cold start is all CPU. */
const usualMemoryMb = 1_024;

export class ApiStack extends Stack {
  readonly api: HttpApi;
  readonly functions: ReadonlyMap<string, OperationFunction>;

  constructor(scope: Construct, id: string, props: ApiStackProps) {
    super(scope, id, props);
    this.api = new HttpApi(this, 'Api', { apiName: `${this.stackName}`, description: 'Maestro Conductor', createDefaultStage: false });
    this.#stage();
    const authorizer = new HttpJwtAuthorizer('Token', props.issuer, { jwtAudience: [props.audience] });
    this.functions = new Map(props.code.routes.map((route) => [route.id, this.#operation(route, props, authorizer)]));
    new CfnOutput(this, 'Url', { value: this.api.apiEndpoint, description: 'Base URL of the API; MC_URL of the CLI' });
  }

  #operation(route: Route, props: ApiStackProps, authorizer: HttpJwtAuthorizer): OperationFunction {
    const rights = rightsOf(route.id);
    const operation = new OperationFunction(this, pascal(route.id), {
      code: props.code.of(route.functionName),
      description: route.summary,
      environment: props.execution.environmentOfHome,
      memorySizeMb: rights.memorySizeMb ?? usualMemoryMb,
    });
    allow(operation, rights, props);
    const routes = this.api.addRoutes({
      path: route.path,
      methods: [HttpMethod[route.method]],
      integration: new HttpLambdaIntegration(`${pascal(route.id)}Integration`, operation.function),
      authorizer: route.isPublic ? new HttpNoneAuthorizer() : authorizer,
    });
    if (route.isPublic) {
      for (const entry of routes)
        Validations.of(entry).acknowledge({ id: 'AwsSolutions-APIG4', reason: 'Public by design: health, documentation and public keys.' });
    }
    return operation;
  }

  #stage(): void {
    const accessLog = new LogGroup(this, 'AccessLog', { retention: RetentionDays.ONE_YEAR, removalPolicy: RemovalPolicy.RETAIN });
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle,
      detailedMetricsEnabled: true,
      accessLogSettings: { destination: new LogGroupLogDestination(accessLog), format: AccessLogFormat.custom(accessLogLine) },
    });
  }
}

/** Who asked for what and how it went; no query strings, which may hold names. */
const accessLogLine = JSON.stringify({
  requestId: '$context.requestId',
  at: '$context.requestTimeEpoch',
  route: '$context.routeKey',
  status: '$context.status',
  latencyMs: '$context.responseLatency',
  sub: '$context.authorizer.claims.sub',
  tenant: '$context.authorizer.claims.tenant_id',
  authorizerError: '$context.authorizer.error',
  integrationError: '$context.integrationErrorMessage',
});

function pascal(id: string): string {
  return `${id.charAt(0).toUpperCase()}${id.slice(1)}`;
}

/** Gives the role of an operation what its row of the table says, and nothing else. */
function allow(operation: OperationFunction, rights: OperationRights, { parts, execution }: ApiStackProps): void {
  const { role } = operation;
  parts.signingKey.grantReadPublicKey(role);
  parts.logKey.grantReadPublicKey(role);
  parts.table[rights.table === 'write' ? 'grantReadWrite' : 'grantRead'](role);
  for (const bucket of ['data', 'logs', 'receipts'] as const) {
    const access = rights[bucket];
    if (access === 'read') parts[bucket].grantRead(role);
    if (access === 'write') parts[bucket].grantReadWrite(role);
  }
  if (rights.isSigning) parts.signingKey.grantSign(role);
  if (rights.isErasing === true) for (const bucket of ['data', 'logs', 'receipts'] as const) parts[bucket].grantErase(role);
  if (rights.isRotating === true) execution.grantStartRotation(operation);
  if (rights.isLogging === true) parts.logKey.grantSign(role);
  if (rights.isCertifying === true) parts.authorityKeys.grantCertify(role);
  if (rights.isStartingRuns) {
    execution.queue.grantSendMessages(role);
    execution.grantStartRun(operation);
  }
  if (rights.isWakingRuns === true) execution.grantFinishRun(operation);
}
