import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';

/** When a right holds, as IAM spells it. */
export type Conditions = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Gives exactly these actions on exactly these resources. CDK's own grants use wildcards such as `s3:GetObject*`. */
export function grant(grantee: IGrantable, actions: readonly string[], resourceArns: readonly string[], conditions?: Conditions): void {
  Grant.addToPrincipal({
    grantee,
    actions: [...actions],
    resourceArns: [...resourceArns],
    ...(conditions && { conditions: { ...conditions } }),
  }).assertSuccess();
}
