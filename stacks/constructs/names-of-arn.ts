import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { z } from 'zod';

/** How cdk-nag spells an ARN of a construct in a policy of its own stack. */
export function nameOfArn(of: Construct, arn: string): string {
  const reference = z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }).parse(Stack.of(of).resolve(arn));
  return `<${reference['Fn::GetAtt'][0]}.Arn>`;
}

/** How it spells one in a policy of another stack: before references between stacks are resolved, and after. */
export function namesOfArn(of: Construct, arn: string): string[] {
  const stack = Stack.of(of);
  const imported = z.object({ 'Fn::ImportValue': z.string() }).parse(stack.resolve(stack.exportValue(arn)));
  return [nameOfArn(of, arn), imported['Fn::ImportValue']];
}
