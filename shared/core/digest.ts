import { hash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from './json/canonical-json.ts';

/** A content address, always spelt `sha256:` and 64 lower-case hex digits. */
export const Digest = z
  .templateLiteral(['sha256:', z.string().regex(/^[0-9a-f]{64}$/)], 'sha256: and 64 digits of 0-9 and a-f')
  .describe('SHA-256 of the content, as `sha256:<64 hex digits>`');
export type Digest = z.infer<typeof Digest>;

/** The digest of bytes as they are; text is taken as UTF-8. */
export function digestBytes(bytes: Uint8Array | string): Digest {
  return `sha256:${hash('sha256', bytes, 'hex')}`;
}

/** The digest of a value's canonical JSON (RFC 8785), so key order never matters. */
export function digestJson(value: unknown): Digest {
  return digestBytes(canonicalJson(value));
}

/** The bare hex of a digest, as in-toto's `DigestSet` wants it. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}
