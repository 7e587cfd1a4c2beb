import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import { grant } from './grant.ts';
import type { OperationFunction } from './operation-function.ts';

/** Calls a function at this rate, with this event, with a role that can call nothing else. */
export function addSchedule(
  scope: Construct,
  id: string,
  { operation, description, rate, input }: { operation: OperationFunction; description: string; rate: string; input?: object },
): void {
  const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') });
  grant(role, ['lambda:InvokeFunction'], [operation.function.functionArn]);
  new CfnSchedule(scope, id, {
    description,
    flexibleTimeWindow: { mode: 'OFF' },
    scheduleExpression: `rate(${rate})`,
    target: { arn: operation.function.functionArn, roleArn: role.roleArn, ...(input && { input: JSON.stringify(input) }) },
  });
}
