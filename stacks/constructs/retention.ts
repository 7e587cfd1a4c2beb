import { Duration } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { FunctionCode } from '../function-code.ts';
import type { HomeParts } from '../home-environment.ts';
import { addSchedule } from './add-schedule.ts';
import { addStateMachine, stateMachineArn } from './add-state-machine.ts';
import { grant } from './grant.ts';
import { OperationFunction } from './operation-function.ts';

interface RetentionProps {
  code: FunctionCode;
  parts: HomeParts;
  environment: Readonly<Record<string, string>>;
  machineName: string;
}

/** Purges what is due, every night: the machine with a Map over the tenants, and the only scheduled function that may erase stored objects. */
export class Retention extends Construct {
  readonly machine: StateMachine;

  constructor(scope: Construct, id: string, { code, parts, environment, machineName }: RetentionProps) {
    super(scope, id);
    const list = new OperationFunction(this, 'List', {
      code: code.of('list-retention-tenants'),
      environment,
      description: 'Lists the tenants whose things may be due',
    });
    parts.table.grantRead(list.role);
    const purge = new OperationFunction(this, 'Purge', {
      code: code.of('purge-tenant'),
      environment,
      description: 'Purges what is due of a tenant',
      // functions/task/purge-tenant.ts ends itself some minutes before.
      timeout: Duration.minutes(15),
      memorySizeMb: 1_024,
    });
    parts.table.grantReadWrite(purge.role);
    parts.signingKey.grantSign(purge.role);
    parts.receipts.grantReadWrite(purge.role);
    for (const bucket of [parts.data, parts.logs]) bucket.grantRead(purge.role);
    for (const bucket of [parts.data, parts.logs, parts.receipts]) bucket.grantErase(purge.role);
    this.machine = addStateMachine(this, 'Machine', {
      machineName,
      definition: 'retention',
      functions: { ListTenants: list, PurgeTenant: purge },
      logId: 'Log',
      // The proof of a purge is its manifest; this is for whoever looks into a failure.
      logRetention: RetentionDays.THREE_MONTHS,
    });
    // Each page of tenants begins the next one in an execution of its own.
    grant(this.machine.role, ['states:StartExecution'], [stateMachineArn(this, machineName)]);
    // At three at night (UTC), when few people wait for anything.
    addSchedule(this, 'Schedule', {
      calls: this.machine,
      description: 'Purges what is due in Maestro Conductor',
      at: 'cron(0 3 * * ? *)',
      input: { cursor: null },
    });
  }
}
