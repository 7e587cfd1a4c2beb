import type { Bundle } from '../bundle.ts';
import { bundleMediaType, statementMediaType } from '../media-types.ts';

/** The sigstore bundle of a statement's canonical JSON and its signature by the key of this id; it stands in no log yet. */
export function bundleOf(payload: Buffer, signature: Uint8Array, keyId: string): Bundle {
  return {
    mediaType: bundleMediaType,
    verificationMaterial: { publicKey: { hint: keyId }, tlogEntries: [] },
    dsseEnvelope: {
      payload: payload.toString('base64'),
      payloadType: statementMediaType,
      signatures: [{ sig: Buffer.from(signature.buffer, signature.byteOffset, signature.byteLength).toString('base64'), keyid: keyId }],
    },
  };
}

/** The JSON of that bundle; payload and signature are in base64, which has nothing to escape. */
export function bundleText(payload: string, signature: string, keyId: string): string {
  const key = JSON.stringify(keyId);
  const material = `{"publicKey":{"hint":${key}},"tlogEntries":[]}`;
  const envelope = `{"payload":"${payload}","payloadType":"${statementMediaType}","signatures":[{"sig":"${signature}","keyid":${key}}]}`;
  return `{"mediaType":"${bundleMediaType}","verificationMaterial":${material},"dsseEnvelope":${envelope}}`;
}
