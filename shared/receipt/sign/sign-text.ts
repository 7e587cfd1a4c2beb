import { preAuthEncoding } from '../../core/dsse.ts';
import type { Signer } from '../../port/keys/signer.ts';
import type { Bundle } from '../bundle.ts';
import { statementMediaType } from '../media-types.ts';
import { bundleOf } from './bundle-of.ts';

/** Signs the canonical JSON of a statement once and wraps it as a sigstore bundle. */
export async function signText(signer: Signer, payload: string): Promise<Bundle> {
  const signed = Buffer.from(payload);
  const { bytes, key } = await signer.sign(preAuthEncoding(statementMediaType, signed));
  return bundleOf(signed, bytes, key.keyId);
}
