import { createHash, createPublicKey } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { preAuthEncoding } from '../core/dsse.ts';

/** What a log entry is, as Rekor calls it; the digest in it is that of the DSSE pre-authentication encoding. */
export const entryKind = { kind: 'hashedrekord', version: '0.0.2' } as const;

/** The part of a bundle that is signed, with its signature. */
interface Envelope {
  payload: string;
  payloadType: string;
  signatures: readonly { sig: string }[];
}

/** Wrapping a key anew costs more than hashing with it; a home knows few keys. */
const keyBytes = new LRUCache<string, string>({ max: 64 });

/**
 * The log entry of a signed statement: who signed which digest, in canonical JSON, and not a word of what it says. The same envelope and key give the same
 * bytes, so anybody who holds the bundle can tell which entry is its own.
 */
export function logEntry(envelope: Envelope, pem: string): string {
  return entryBy(envelope, { publicKey: { rawBytes: derOf(pem) } });
}

/** As logEntry, for a signature that is checked with the certificate of its key: who may sign is then told by the certificate, which so stands in the log. */
export function certificateLogEntry(envelope: Envelope, certificate: Uint8Array): string {
  return entryBy(envelope, { x509Certificate: { rawBytes: Buffer.from(certificate).toString('base64') } });
}

type Verifier = { publicKey: { rawBytes: string } } | { x509Certificate: { rawBytes: string } };

function entryBy({ payload, payloadType, signatures }: Envelope, by: Verifier): string {
  const digest = createHash('sha256')
    .update(preAuthEncoding(payloadType, Buffer.from(payload, 'base64')))
    .digest('base64');
  const verifier = { keyDetails: 'PKIX_ECDSA_P256_SHA_256', ...by };
  const hashedRekordV002 = { data: { algorithm: 'SHA2_256', digest }, signature: { content: signatures[0]?.sig ?? '', verifier } };
  // The names stand in their canonical order, and the values are base64: so this is canonical JSON without a canonicaliser; every seal does it.
  return JSON.stringify({ apiVersion: entryKind.version, kind: entryKind.kind, spec: { hashedRekordV002 } });
}

function derOf(pem: string): string {
  const known = keyBytes.get(pem);
  if (known !== undefined) return known;
  const der = createPublicKey(pem).export({ format: 'der', type: 'spki' }).toString('base64');
  keyBytes.set(pem, der);
  return der;
}
