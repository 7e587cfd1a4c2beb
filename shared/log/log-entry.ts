import { createPublicKey, hash } from 'node:crypto';
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
  return signedEntry(signedBytes(envelope), envelope.signatures[0]?.sig ?? '', pem);
}

/** As logEntry, for whoever has what was signed at hand: the DSSE pre-authentication encoding, and its signature in base64. */
export function signedEntry(signed: Uint8Array, signature: string, pem: string): string {
  return entryBy(signed, signature, { publicKey: { rawBytes: derOf(pem) } });
}

/** As logEntry, for a signature that is checked with the certificate of its key: who may sign is then told by the certificate, which so stands in the log. */
export function certificateLogEntry(envelope: Envelope, certificate: Uint8Array): string {
  const x509Certificate = { rawBytes: Buffer.from(certificate).toString('base64') };
  return entryBy(signedBytes(envelope), envelope.signatures[0]?.sig ?? '', { x509Certificate });
}

type Verifier = { publicKey: { rawBytes: string } } | { x509Certificate: { rawBytes: string } };

function signedBytes({ payload, payloadType }: Envelope): Buffer {
  return preAuthEncoding(payloadType, Buffer.from(payload, 'base64'));
}

function entryBy(signed: Uint8Array, signature: string, by: Verifier): string {
  const digest = hash('sha256', signed, 'base64');
  const verifier = { keyDetails: 'PKIX_ECDSA_P256_SHA_256', ...by };
  const hashedRekordV002 = { data: { algorithm: 'SHA2_256', digest }, signature: { content: signature, verifier } };
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
