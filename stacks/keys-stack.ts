import { CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { SigningKey } from './constructs/signing-key.ts';

/** Keys live longest: they are never replaced by a deploy and never go with the stack. */
export class KeysStack extends Stack {
  readonly dataKey: Key;
  readonly signingKey: SigningKey;
  readonly logKey: SigningKey;

  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    this.dataKey = new Key(this, 'DataKey', {
      description: 'Encrypts the table, blobs and alarms of Maestro Conductor',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    // Alarms publish to an encrypted topic.
    this.dataKey.grant(new ServicePrincipal('cloudwatch.amazonaws.com'), 'kms:Decrypt', 'kms:GenerateDataKey');
    this.signingKey = new SigningKey(this, 'SigningKey', {
      description: 'Signs the receipts and releases of Maestro Conductor',
      keySpec: KeySpec.ECC_NIST_P256,
    });
    // cosign and the tools for C2SP logs read checkpoints that are signed with Ed25519, and no others.
    this.logKey = new SigningKey(this, 'LogKey', {
      description: 'Signs the checkpoints of the transparency log of Maestro Conductor',
      keySpec: KeySpec.ECC_NIST_EDWARDS25519,
    });
    new CfnOutput(this, 'LogKeyArn', { value: this.logKey.key.keyArn, description: 'The key of the transparency log' });
    new CfnOutput(this, 'SigningKeyArn', { value: this.signingKey.key.keyArn, description: 'The key that signs receipts' });
  }
}
