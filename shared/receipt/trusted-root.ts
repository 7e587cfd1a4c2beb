import { promiserId } from './promiser-id.ts';
import type { LogIdentity } from '../log/log-identity.ts';
import { isoTime } from '../port/clock.ts';

interface Certified {
  name: string;
  certificate: Buffer;
}

/** The authorities of a home, and the URL by which the home is known. */
interface NamedAuthority {
  uri: string;
  validity: { notBefore: number; notAfter: number };
  /** Signs certificates. */
  root: Certified;
  /** Signs timestamps. */
  timestamps: Certified;
  /** SubjectPublicKeyInfo of the key that promises to log certificates. */
  promises: Buffer;
}

/**
 * The `trusted_root.json` that goes with receipts (sigstore trusted root v0.1): the logs whose checkpoints count, and the authorities of the home, whose certificates and timestamps tell who
 * signed, and when. Without authorities who signed is told by the public key beside the root.
 */
export function trustedRoot(logs: readonly LogIdentity[] = [], authority?: NamedAuthority): Record<string, unknown> {
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: logs.map(({ origin, id, der }) => ({
      baseUrl: `https://${origin}`,
      hashAlgorithm: 'SHA2_256',
      // An entry has no time of its own that it could be compared with, so the key counts from the beginning.
      publicKey: { rawBytes: der.toString('base64'), keyDetails: 'PKIX_ED25519', validFor: { start: '1970-01-01T00:00:00Z' } },
      logId: { keyId: id.toString('base64') },
    })),
    ...(authority === undefined
      ? { certificateAuthorities: [], ctlogs: [], timestampAuthorities: [] }
      : authoritiesOf(authority, logs[0]?.origin ?? authority.root.name)),
  };
}

function authoritiesOf({ root, timestamps, promises, validity, uri }: NamedAuthority, origin: string): Record<string, unknown> {
  const validFor = { start: isoTime(validity.notBefore), end: isoTime(validity.notAfter) };
  const rawBytes = (bytes: Buffer): { rawBytes: string } => ({ rawBytes: bytes.toString('base64') });
  const named = (commonName: string): object => ({ subject: { organization: 'Maestro Conductor', commonName }, uri });
  return {
    certificateAuthorities: [{ ...named(root.name), certChain: { certificates: [rawBytes(root.certificate)] }, validFor }],
    ctlogs: [
      {
        // The promise is kept by the transparency log: the entry of a bundle holds its certificate.
        baseUrl: `https://${origin}`,
        hashAlgorithm: 'SHA2_256',
        publicKey: { ...rawBytes(promises), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor: { start: validFor.start } },
        logId: { keyId: promiserId(promises).toString('base64') },
      },
    ],
    timestampAuthorities: [
      { ...named(timestamps.name), certChain: { certificates: [rawBytes(timestamps.certificate), rawBytes(root.certificate)] }, validFor },
    ],
  };
}
