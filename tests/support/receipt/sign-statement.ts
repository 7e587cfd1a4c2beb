import type { Signer } from '../../../shared/port/keys/signer.ts';
import type { Bundle } from '../../../shared/receipt/bundle.ts';
import { payloadOf } from '../../../shared/receipt/sign/payload-of.ts';
import { signText } from '../../../shared/receipt/sign/sign-text.ts';
import type { Statement } from '../../../shared/receipt/statement.ts';

/** The bundle of a statement that nobody checked, filed or logged. */
export async function signStatement(signer: Signer, statement: Statement): Promise<Bundle> {
  return signText(signer, payloadOf(statement));
}
