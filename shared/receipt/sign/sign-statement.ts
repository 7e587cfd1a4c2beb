import { canonicalJson } from '../../core/json/canonical-json.ts';
import type { Signer } from '../../port/keys/signer.ts';
import { bundleMediaType, statementMediaType, type Bundle } from '../bundle.ts';
import { preAuthEncoding } from '../../core/dsse.ts';
import { Statement } from '../statement.ts';

/** Signs a statement once and wraps it as a sigstore bundle; the payload is the statement's canonical JSON. */
export async function signStatement(signer: Signer, statement: Statement): Promise<Bundle> {
  const payload = Buffer.from(canonicalJson(Statement.parse(statement)));
  const { bytes, key } = await signer.sign(preAuthEncoding(statementMediaType, payload));
  return {
    mediaType: bundleMediaType,
    verificationMaterial: { publicKey: { hint: key.keyId }, tlogEntries: [] },
    dsseEnvelope: {
      payload: payload.toString('base64'),
      payloadType: statementMediaType,
      signatures: [{ sig: Buffer.from(bytes).toString('base64'), keyid: key.keyId }],
    },
  };
}
