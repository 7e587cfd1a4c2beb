import { z } from 'zod';

/** The longest SPIFFE id that every implementation takes (SPIFFE-ID §2.3); its characters are ASCII, so characters are bytes. */
const maxCharacters = 2_048;
/** The longest trust domain (SPIFFE-ID §2.3). */
const maxTrustDomain = 255;

/** SPIFFE-ID §2.1 and §2.2: lower-case trust domain, then segments that are neither empty nor dots only. */
const shape = new RegExp(`^spiffe://[a-z0-9._-]{1,${maxTrustDomain}}(?:/(?!\\.{1,2}(?:/|$))[A-Za-z0-9._-]+)+$`);

/** A trust domain of a home of ours. Shorter than SPIFFE allows, because every entry of the log that names a signer holds it. */
export const TrustDomain = z
  .string()
  .regex(/^[a-z0-9._-]{1,64}$/, 'is not a trust domain: lower-case letters, digits, dots, dashes, underscores');

/** The id of a workload: a trust domain and a path, without user, port, query or fragment. A trust domain alone names nobody. */
export const SpiffeId = z.string().max(maxCharacters).regex(shape, 'is not a SPIFFE id of a workload, spiffe://<trust domain>/<path>');
export type SpiffeId = z.infer<typeof SpiffeId>;
