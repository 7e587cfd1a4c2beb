import { KeySpec } from 'aws-cdk-lib/aws-kms';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { SigningKey } from './signing-key.ts';

/** The keys with which the home vouches for its signers. They outlive their stack, as all keys do: the trusted roots that readers keep name them. */
export class AuthorityKeys extends Construct {
  readonly certificates: SigningKey;
  readonly timestamps: SigningKey;
  readonly promises: SigningKey;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const key = (name: string, what: string): SigningKey =>
      new SigningKey(this, name, { description: `${what} of Maestro Conductor`, keySpec: KeySpec.ECC_NIST_P256 });
    this.certificates = key('Certificates', 'Signs the certificates');
    this.timestamps = key('Timestamps', 'Signs the timestamps');
    this.promises = key('Promises', 'Promises to log the certificates');
  }

  /** To make the authorities, once for the home: their own certificates, no timestamps and no promises. */
  grantFound(grantee: IGrantable): void {
    this.certificates.grantSign(grantee);
    this.timestamps.grantReadPublicKey(grantee);
    this.promises.grantReadPublicKey(grantee);
  }

  grantCertify(grantee: IGrantable): void {
    for (const key of [this.certificates, this.timestamps, this.promises]) key.grantSign(grantee);
  }

  /** As `functions/wire/aws-deps.ts` wants them. */
  environment(): Record<string, string> {
    return {
      MC_CERTIFICATE_KEY_ARN: this.certificates.key.keyArn,
      MC_TIMESTAMP_KEY_ARN: this.timestamps.key.keyArn,
      MC_PROMISE_KEY_ARN: this.promises.key.keyArn,
    };
  }
}
