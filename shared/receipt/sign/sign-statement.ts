import { preAuthEncoding } from '../../core/dsse.ts';
import type { Signer } from '../../port/keys/signer.ts';
import type { Bundle } from '../bundle.ts';
import { statementMediaType } from '../media-types.ts';
import type { Statement } from '../statement.ts';
import { bundleOf } from './bundle-of.ts';
import { payloadOf } from './payload-of.ts';

/** Signs a statement once and wraps it as a sigstore bundle; the payload is the statement's canonical JSON. */
export async function signStatement(signer: Signer, statement: Statement): Promise<Bundle> {
  const payload = Buffer.from(payloadOf(statement));
  const { bytes, key } = await signer.sign(preAuthEncoding(statementMediaType, payload));
  return bundleOf(payload, bytes, key.keyId);
}
