import type { SignedStatement, Signer } from '../../port/keys/signer.ts';
import type { Statement } from '../statement.ts';
import { payloadOf } from './payload-of.ts';
import { signOwnText, type SignOwnDeps } from './sign-own-text.ts';

/** As signOwnText, for a statement that is no text yet. */
export async function signOwn(deps: SignOwnDeps, statement: Statement, signer?: Signer): Promise<SignedStatement> {
  return signOwnText(deps, payloadOf(statement), signer);
}
