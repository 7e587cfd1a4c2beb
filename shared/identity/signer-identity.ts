import type { HomeConfig } from '../port/deps.ts';

/** Who signed, as a certificate says it and as cosign is asked for it. */
export interface SignerIdentity {
  /** `--certificate-identity`: a SPIFFE id. */
  uri: string;
  /** `--certificate-oidc-issuer`: the home that vouches for it. */
  issuer: string;
}

/** The trust domain of homes that name none. */
const defaultTrustDomain = 'mc.local';

/** The identity of what signs receipts, releases and all else in this home. */
export function signerIdentity({
  builderId,
  trustDomain = defaultTrustDomain,
}: Pick<HomeConfig, 'builderId' | 'trustDomain'>): SignerIdentity {
  return { uri: `spiffe://${trustDomain}/ns/prod/sa/mc-signer`, issuer: builderId };
}
