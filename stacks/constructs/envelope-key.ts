import { RemovalPolicy } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { RotatedKey } from './rotated-key.ts';

/** Every data key is wrapped for this, so a role of the home can use the key for nothing else. */
const ours = { StringEquals: { 'kms:EncryptionContext:application': 'maestro-conductor' } };

/** The key that wraps data keys. It outlives its stack: without it nothing that tenants stored can be read. */
export class EnvelopeKey extends Construct {
  readonly rotated: RotatedKey;

  constructor(scope: Construct, id: string, { aliasName }: { aliasName: string }) {
    super(scope, id);
    const first = new Key(this, 'Key', {
      description: 'Wraps the data keys of Maestro Conductor',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.rotated = new RotatedKey(this, 'Rotated', { first, aliasName });
  }

  /** Reads what is sealed. */
  grantOpen(role: IRole): void {
    this.rotated.grantUse(role, ['kms:Decrypt'], ours);
  }

  /** Reads and seals; a new month needs a new data key. */
  grantSeal(role: IRole): void {
    this.rotated.grantUse(role, ['kms:Decrypt', 'kms:GenerateDataKey'], ours);
  }

  /** Finds out which key is in use, and whether it works. */
  grantTry(role: IRole): void {
    this.rotated.grantUse(role, ['kms:DescribeKey']);
    this.grantSeal(role);
  }

  /** Rotates the key and has the new one wrap what the old one wrapped. */
  grantRotate(role: IRole): void {
    this.rotated.grantRotate(role, []);
    this.rotated.grantUse(role, ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey'], ours);
  }
}
