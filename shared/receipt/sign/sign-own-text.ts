import { publicKeyOf } from '../../keys/signer-keys.ts';
import type { Deps } from '../../port/deps.ts';
import type { SignedStatement, Signer } from '../../port/keys/signer.ts';
import { checkSignature } from '../check-signature.ts';
import { claimOf } from '../signature-claim.ts';
import { filedForm } from './filed-form.ts';
import { invalidSignature } from './invalid-signature.ts';
import { signText } from './sign-text.ts';

/** What signing with a key of the home needs. */
export type SignOwnDeps = Pick<Deps, 'table' | 'signer' | 'checkSignature'>;

/**
 * Signs the canonical JSON of a statement with a key of this home, and checks the signature before anybody gets it: a signer that signs with another key, or other bytes, must not be
 * able to file anything. Answers the key too, because while keys are rotated the one that signs now may be another. Throws `mc:receipt:invalid`.
 */
export async function signOwnText(deps: SignOwnDeps, payload: string, signer: Signer = deps.signer): Promise<SignedStatement> {
  const beside = await signer.signBeside?.(payload, (keyId) => publicKeyOf(deps, keyId));
  if (beside !== undefined) return beside;
  const bundle = await signText(signer, payload);
  const { pem } = await publicKeyOf(deps, bundle.verificationMaterial.publicKey.hint);
  const check = deps.checkSignature ?? checkSignature;
  const claim = claimOf(bundle, pem);
  if (!(await check(claim))) throw invalidSignature();
  return filedForm(bundle, claim, pem);
}
