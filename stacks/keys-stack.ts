import { CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { AuthorityKeys } from './constructs/authority-keys.ts';
import { EnvelopeKey } from './constructs/envelope-key.ts';
import { ReceiptKey } from './constructs/receipt-key.ts';
import { SigningKey } from './constructs/signing-key.ts';

interface KeysStackProps extends StackProps {
  /** The how manieth log of the home it is. */
  logGeneration?: number;
}

/** Keys live longest: they are never replaced by a deploy and never go with the stack. */
export class KeysStack extends Stack {
  readonly dataKey: Key;
  readonly envelopeKey: EnvelopeKey;
  readonly signingKey: ReceiptKey;
  readonly logKey: SigningKey;
  readonly authorityKeys: AuthorityKeys;

  constructor(scope: Construct, id: string, { logGeneration = 1, ...props }: KeysStackProps = {}) {
    super(scope, id, props);
    this.dataKey = new Key(this, 'DataKey', {
      description: 'Encrypts the table, blobs and alarms of Maestro Conductor',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    // Alarms publish to an encrypted topic.
    this.dataKey.grant(new ServicePrincipal('cloudwatch.amazonaws.com'), 'kms:Decrypt', 'kms:GenerateDataKey');
    // The stack is named after its stage, so that the homes of an account do not share an alias.
    this.envelopeKey = new EnvelopeKey(this, 'EnvelopeKey', { aliasName: `alias/${this.stackName}-envelope` });
    this.signingKey = new ReceiptKey(this, 'ReceiptKey', { aliasName: `alias/${this.stackName}-receipts` });
    // cosign and the tools for C2SP logs read checkpoints that are signed with Ed25519, and no others.
    // The key of an ended log stays, and can be used for nothing any more.
    this.logKey = new SigningKey(this, logGeneration === 1 ? 'LogKey' : `LogKey${logGeneration}`, {
      description: 'Signs the checkpoints of the transparency log of Maestro Conductor',
      keySpec: KeySpec.ECC_NIST_EDWARDS25519,
    });
    this.authorityKeys = new AuthorityKeys(this, 'AuthorityKeys');
    new CfnOutput(this, 'LogKeyArn', { value: this.logKey.key.keyArn, description: 'The key of the transparency log' });
    new CfnOutput(this, 'DataKeyArn', { value: this.dataKey.keyArn, description: 'The key with which table and buckets encrypt' });
    new CfnOutput(this, 'EnvelopeKeyAlias', {
      value: this.envelopeKey.rotated.aliasName,
      description: 'Names the key that wraps data keys',
    });
    new CfnOutput(this, 'SigningKeyAlias', { value: this.signingKey.rotated.aliasName, description: 'Names the key that signs receipts' });
  }
}
