import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArnFormat, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { grant } from './grant.ts';
import type { OperationFunction } from './operation-function.ts';

const definitions = join(import.meta.dirname, '..', '..', 'statemachines');

interface StateMachineOptions {
  machineName: string;
  /** `run` for statemachines/run.asl.json. */
  definition: string;
  /** What the definition calls: `SealRun` stands there as `${SealRunFunction}`. */
  functions: Readonly<Record<string, OperationFunction>>;
  logId: string;
  logRetention: RetentionDays;
}

/** The ARN of the machine of this name, known before the machine: functions need it, and the machine needs theirs. */
export function stateMachineArn(scope: Construct, machineName: string): string {
  const arnFormat = ArnFormat.COLON_RESOURCE_NAME;
  return Stack.of(scope).formatArn({ service: 'states', resource: 'stateMachine', resourceName: machineName, arnFormat });
}

/** A Standard state machine of ours, logged and traced, with a role that can call its functions and nothing else. It stands in the scope of whoever adds it. */
export function addStateMachine(
  scope: Construct,
  id: string,
  { machineName, definition, functions, logId, logRetention }: StateMachineOptions,
): StateMachine {
  const arns = Object.entries(functions).map(([name, operation]) => [`${name}Function`, operation.function.functionArn] as const);
  const machine = new StateMachine(scope, id, {
    stateMachineName: machineName,
    stateMachineType: StateMachineType.STANDARD,
    definitionBody: DefinitionBody.fromString(readFileSync(join(definitions, `${definition}.asl.json`), 'utf8')),
    definitionSubstitutions: Object.fromEntries(arns),
    role: new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('states.amazonaws.com') }),
    logs: {
      destination: new LogGroup(scope, logId, {
        logGroupName: `/aws/vendedlogs/states/${machineName}`,
        retention: logRetention,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
      level: LogLevel.ALL,
      // Inputs are ids, but outputs of future phases might not be.
      includeExecutionData: false,
    },
    tracingEnabled: true,
  });
  grant(
    machine.role,
    ['lambda:InvokeFunction'],
    arns.map(([, arn]) => arn),
  );
  Validations.of(machine.role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'X-Ray and the delivery of vended logs have no resources: both can only be allowed on *.',
  });
  return machine;
}
