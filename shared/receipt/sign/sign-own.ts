import { McError } from '../../core/errors.ts';
import { publicKeyOf } from '../../keys/signer-keys.ts';
import type { Deps } from '../../port/deps.ts';
import type { Signer } from '../../port/keys/signer.ts';
import type { Bundle } from '../bundle.ts';
import { signStatement } from './sign-statement.ts';
import type { Statement } from '../statement.ts';
import { checkSignature, holdsSignature } from '../verify-bundle.ts';

/** What signing with a key of the home needs. */
export type SignOwnDeps = Pick<Deps, 'table' | 'signer' | 'checkSignature'>;

/**
 * Signs a statement with a key of this home, and checks the signature before anybody gets it: a signer that signs with another key, or other bytes, must not be
 * able to file anything. Answers the key too, because while keys are rotated the one that signs now may be another. Throws `mc:receipt:invalid`.
 */
export async function signOwn(
  deps: SignOwnDeps,
  statement: Statement,
  signer: Signer = deps.signer,
): Promise<{ bundle: Bundle; pem: string }> {
  const bundle = await signStatement(signer, statement);
  const { pem } = await publicKeyOf(deps, bundle.verificationMaterial.publicKey.hint);
  if (!(await holdsSignature(deps.checkSignature ?? checkSignature, bundle, pem)))
    throw new McError('mc:receipt:invalid', 'the signature that was just made does not fit the statement and the key');
  return { bundle, pem };
}
