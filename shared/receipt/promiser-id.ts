import { createHash } from 'node:crypto';

/** The id by which promises name the key that signed them: SHA-256 over its SubjectPublicKeyInfo (RFC 6962 §3.2). */
export function promiserId(spki: Uint8Array): Buffer {
  return createHash('sha256').update(spki).digest();
}
