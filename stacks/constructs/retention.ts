import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { FunctionCode } from '../function-code.ts';
import type { HomeParts } from '../home-environment.ts';
import { grant } from './grant.ts';
import { OperationFunction } from './operation-function.ts';

interface RetentionProps {
  code: FunctionCode;
  parts: HomeParts;
  environment: Readonly<Record<string, string>>;
  machineName: string;
}

const definitionFile = join(import.meta.dirname, '..', '..', 'statemachines', 'retention.asl.json');

/** Purges what is due, every night: the machine with a Map over the tenants, and the only scheduled function that may erase stored objects. */
export class Retention extends Construct {
  readonly machine: StateMachine;
  readonly purge: OperationFunction;
  readonly list: OperationFunction;

  constructor(scope: Construct, id: string, { code, parts, environment, machineName }: RetentionProps) {
    super(scope, id);
    this.list = new OperationFunction(this, 'List', {
      code: code.of('list-retention-tenants'),
      environment,
      description: 'Lists the tenants whose things may be due',
    });
    parts.table.grantRead(this.list.role);
    this.purge = new OperationFunction(this, 'Purge', {
      code: code.of('purge-tenant'),
      environment,
      description: 'Purges what is due of a tenant',
      // functions/task/purge-tenant.ts ends itself some minutes before.
      timeout: Duration.minutes(15),
      memorySizeMb: 1_024,
    });
    parts.table.grantReadWrite(this.purge.role);
    parts.signingKey.grantReadPublicKey(this.purge.role);
    parts.signingKey.grantSign(this.purge.role);
    parts.receipts.grantReadWrite(this.purge.role);
    for (const bucket of [parts.data, parts.logs]) bucket.grantRead(this.purge.role);
    for (const bucket of [parts.data, parts.logs, parts.receipts]) bucket.grantErase(this.purge.role);
    this.machine = this.#machine(machineName);
    this.#schedule();
  }

  #machine(stateMachineName: string): StateMachine {
    const functions = { ListTenantsFunction: this.list.function.functionArn, PurgeTenantFunction: this.purge.function.functionArn };
    const machine = new StateMachine(this, 'Machine', {
      stateMachineName,
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(readFileSync(definitionFile, 'utf8')),
      definitionSubstitutions: functions,
      role: new Role(this, 'MachineRole', { assumedBy: new ServicePrincipal('states.amazonaws.com') }),
      logs: {
        destination: new LogGroup(this, 'Log', {
          logGroupName: `/aws/vendedlogs/states/${stateMachineName}`,
          // The proof of a purge is its manifest; this is for whoever looks into a failure.
          retention: RetentionDays.THREE_MONTHS,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        includeExecutionData: false,
      },
      tracingEnabled: true,
    });
    grant(machine.role, ['lambda:InvokeFunction'], Object.values(functions));
    Validations.of(machine.role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray and the delivery of vended logs have no resources: both can only be allowed on *.',
    });
    return machine;
  }

  /** At three at night, as the seed has it (004 §5.6). */
  #schedule(): void {
    const role = new Role(this, 'ScheduleRole', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') });
    grant(role, ['states:StartExecution'], [this.machine.stateMachineArn]);
    new CfnSchedule(this, 'Schedule', {
      description: 'Purges what is due in Maestro Conductor',
      flexibleTimeWindow: { mode: 'OFF' },
      scheduleExpression: 'cron(0 3 * * ? *)',
      target: { arn: this.machine.stateMachineArn, roleArn: role.roleArn, input: JSON.stringify({ cursor: null }) },
    });
  }
}
