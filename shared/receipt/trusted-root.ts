import type { LogIdentity } from '../log/log-identity.ts';

/**
 * The `trusted_root.json` that goes with receipts (sigstore trusted root v0.1): the logs whose checkpoints count. It names no certificate authority: who
 * signed a receipt is told by the public key beside it.
 */
export function trustedRoot(logs: readonly LogIdentity[] = []): Record<string, unknown> {
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: logs.map(({ origin, id, der }) => ({
      baseUrl: `https://${origin}`,
      hashAlgorithm: 'SHA2_256',
      // An entry has no time of its own that it could be compared with, so the key counts from the beginning.
      publicKey: { rawBytes: der.toString('base64'), keyDetails: 'PKIX_ED25519', validFor: { start: '1970-01-01T00:00:00Z' } },
      logId: { keyId: id.toString('base64') },
    })),
    certificateAuthorities: [],
    ctlogs: [],
    timestampAuthorities: [],
  };
}
