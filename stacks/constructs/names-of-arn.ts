import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { z } from 'zod';

/** How cdk-nag spells an ARN of a construct in a policy of another stack: before references between stacks are resolved, and after. */
export function namesOfArn(of: Construct, arn: string): string[] {
  const stack = Stack.of(of);
  const reference = z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }).parse(stack.resolve(arn));
  const imported = z.object({ 'Fn::ImportValue': z.string() }).parse(stack.resolve(stack.exportValue(arn)));
  return [`<${reference['Fn::GetAtt'][0]}.Arn>`, imported['Fn::ImportValue']];
}
