import { Duration, RemovalPolicy, type Size, Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, type Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { grant } from './grant.ts';

export interface OperationFunctionProps {
  code: Code;
  description: string;
  environment: Readonly<Record<string, string>>;
  /** Default 512 MB: below that Lambda's share of CPU makes starting up slow. */
  memorySizeMb?: number;
  /** Default 29 s: API Gateway stops waiting after 30. */
  timeout?: Duration;
  scratch?: Size;
}

/** A Lambda of ours: Node 24, its own role that may only write its own log, traced; what else it may do is granted by name. */
export class OperationFunction extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: OperationFunctionProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Log', { retention: RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY });
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    grant(this.role, ['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
    this.function = new LambdaFunction(this, 'Function', {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.X86_64,
      handler: 'index.handler',
      code: props.code,
      description: props.description,
      role: this.role,
      logGroup,
      memorySize: props.memorySizeMb ?? 512,
      timeout: props.timeout ?? Duration.seconds(29),
      ...(props.scratch && { ephemeralStorageSize: props.scratch }),
      tracing: Tracing.ACTIVE,
      environment: { ...props.environment, POWERTOOLS_LOG_LEVEL: 'INFO' },
    });
    Validations.of(this.role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray has no resources: traces can only be put to *.',
    });
  }
}
