import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';

/** Gives exactly these actions on exactly these resources. CDK's own grants use wildcards such as `s3:GetObject*`. */
export function grant(grantee: IGrantable, actions: readonly string[], resourceArns: readonly string[]): void {
  Grant.addToPrincipal({ grantee, actions: [...actions], resourceArns: [...resourceArns] }).assertSuccess();
}
