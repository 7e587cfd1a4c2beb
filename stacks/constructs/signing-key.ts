import { RemovalPolicy } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Key, KeyUsage, type KeySpec } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { grant } from './grant.ts';

/** A key that signs and never leaves KMS. It outlives its stack: without it what it signed could not be told from forgeries. */
export class SigningKey extends Construct {
  readonly key: Key;

  constructor(scope: Construct, id: string, props: { description: string; keySpec: KeySpec }) {
    super(scope, id);
    this.key = new Key(this, 'Key', {
      ...props,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  grantReadPublicKey(grantee: IGrantable): void {
    grant(grantee, ['kms:GetPublicKey'], [this.key.keyArn]);
  }

  grantSign(grantee: IGrantable): void {
    grant(grantee, ['kms:GetPublicKey', 'kms:Sign'], [this.key.keyArn]);
  }
}
