import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { grant } from './grant.ts';
import type { OperationFunction } from './operation-function.ts';

interface ScheduleOptions {
  calls: OperationFunction | StateMachine;
  description: string;
  /** `rate(1 minute)`, or `cron(…)` in UTC. */
  at: string;
  input?: object;
}

/** Calls a function, or starts a machine, at these times, with this event, with a role that can call nothing else. A call that fails is not repeated. */
export function addSchedule(scope: Construct, id: string, { calls, description, at, input }: ScheduleOptions): void {
  const [action, arn] =
    calls instanceof StateMachine
      ? (['states:StartExecution', calls.stateMachineArn] as const)
      : (['lambda:InvokeFunction', calls.function.functionArn] as const);
  // Lambda would try a failed call twice more, beside the next one of the schedule, and an alarm would count it three times.
  if (!(calls instanceof StateMachine)) calls.function.configureAsyncInvoke({ retryAttempts: 0 });
  const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') });
  grant(role, [action], [arn]);
  new CfnSchedule(scope, id, {
    description,
    flexibleTimeWindow: { mode: 'OFF' },
    scheduleExpression: at,
    target: { arn, roleArn: role.roleArn, ...(input && { input: JSON.stringify(input) }) },
  });
}
