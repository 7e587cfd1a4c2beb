import type { Bundle } from '../receipt/bundle.ts';
import type { IdentityBundle } from '../receipt/identity-bundle.ts';

/** The same envelope, with a certificate and a timestamp in place of the key, and without an entry of the log yet. */
export function withMaterial(
  { mediaType, dsseEnvelope }: Bundle,
  { certificate, timestamp }: { certificate: Buffer; timestamp: Buffer },
): IdentityBundle {
  return {
    mediaType,
    verificationMaterial: {
      certificate: { rawBytes: certificate.toString('base64') },
      tlogEntries: [],
      timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: timestamp.toString('base64') }] },
    },
    dsseEnvelope,
  };
}
