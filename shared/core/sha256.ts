import { createHash } from 'node:crypto';

/** The 32 bytes of SHA-256 over these parts, one after the other; text is taken as UTF-8. */
export function sha256(...parts: readonly (Uint8Array | string)[]): Buffer {
  const hasher = createHash('sha256');
  for (const part of parts) hasher.update(part);
  return hasher.digest();
}
