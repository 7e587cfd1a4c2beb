import { z } from 'zod';
import { TlogEntry } from '../log/tlog-entry.ts';
import { Bundle } from './bundle.ts';
import { bundleMediaType } from './media-types.ts';

/** A certificate or timestamp of ours has about 1 KB; what is much larger is neither, and is not parsed. */
const maxDerCharacters = 16_384;
const Der = z.base64().min(1).max(maxDerCharacters);

/**
 * The identity form of a signed statement: the same envelope, with the certificate of the key that signed it in place of the key, an entry of the log that
 * names the certificate, and a timestamp from while it was valid. Read as strictly as the form with a key.
 */
export const IdentityBundle = z
  .strictObject({
    mediaType: z.literal(bundleMediaType),
    verificationMaterial: z.strictObject({
      certificate: z.strictObject({ rawBytes: Der }),
      tlogEntries: z.array(TlogEntry).length(1, 'exactly one entry of a log'),
      timestampVerificationData: z.strictObject({
        rfc3161Timestamps: z.array(z.strictObject({ signedTimestamp: Der })).length(1, 'exactly one timestamp'),
      }),
    }),
    dsseEnvelope: Bundle.shape.dsseEnvelope,
  })
  .meta({ id: 'SigstoreIdentityBundle' });
export type IdentityBundle = z.infer<typeof IdentityBundle>;
