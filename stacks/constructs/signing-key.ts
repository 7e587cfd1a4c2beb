import { RemovalPolicy } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { grant } from './grant.ts';

/** The ECDSA P-256 key that signs receipts. It outlives its stack: without it old receipts could not be told from forgeries. */
export class SigningKey extends Construct {
  readonly key: Key;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.key = new Key(this, 'Key', {
      description: 'Signs the receipts and releases of Maestro Conductor',
      keySpec: KeySpec.ECC_NIST_P256,
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
