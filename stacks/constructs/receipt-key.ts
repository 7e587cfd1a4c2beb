import type { IRole } from 'aws-cdk-lib/aws-iam';
import { KeySpec } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { RotatedKey } from './rotated-key.ts';
import { SigningKey } from './signing-key.ts';

/** The key that signs receipts, releases and all else: the first one, and those that rotations put in its place. */
export class ReceiptKey extends Construct {
  readonly rotated: RotatedKey;

  constructor(scope: Construct, id: string, { aliasName }: { aliasName: string }) {
    super(scope, id);
    const first = new SigningKey(scope, 'SigningKey', {
      description: 'Signs the receipts and releases of Maestro Conductor',
      keySpec: KeySpec.ECC_NIST_P256,
    });
    this.rotated = new RotatedKey(this, 'Rotated', { first: first.key, aliasName });
  }

  grantReadPublicKey(role: IRole): void {
    this.rotated.grantUse(role, ['kms:GetPublicKey']);
  }

  grantSign(role: IRole): void {
    this.rotated.grantUse(role, ['kms:GetPublicKey', 'kms:Sign']);
  }

  /** Finds out whether the key in use works. */
  grantTry(role: IRole): void {
    this.grantSign(role);
  }

  grantRotate(role: IRole): void {
    this.rotated.grantRotate(role, ['kms:GetPublicKey', 'kms:Sign']);
  }
}
