/** The sigstore bundle v0.3 with a public key, read strictly: what stock cosign refuses, we refuse. */
import { z } from 'zod';
import { TlogEntry } from '../log/tlog-entry.ts';
import { bundleMediaType, statementMediaType } from './media-types.ts';

/** A bundle larger than this is no receipt; it bounds what verification reads. */
export const maxBundleBytes = 8 * 1024 * 1024;

export const Bundle = z
  .strictObject({
    mediaType: z.literal(bundleMediaType),
    verificationMaterial: z.strictObject({
      publicKey: z.strictObject({ hint: z.string() }),
      tlogEntries: z.array(TlogEntry).max(1, 'a statement stands in one log').optional(),
    }),
    dsseEnvelope: z.strictObject({
      payload: z.base64().min(1),
      payloadType: z.literal(statementMediaType),
      signatures: z.array(z.strictObject({ sig: z.base64().min(1), keyid: z.string() })).length(1, 'exactly one signature a bundle'),
    }),
  })
  .meta({ id: 'SigstoreBundle' });
export type Bundle = z.infer<typeof Bundle>;
