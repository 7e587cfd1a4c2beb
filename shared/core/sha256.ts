import { createHash, hash } from 'node:crypto';

/** The 32 bytes of SHA-256 over these parts, one after the other; text is taken as UTF-8. */
export function sha256(...parts: readonly (Uint8Array | string)[]): Buffer {
  const [only] = parts;
  // In one call, which makes no object that has to be collected; every receipt comes through a dozen times.
  if (only !== undefined && parts.length === 1) return hash('sha256', only, 'buffer');
  const hasher = createHash('sha256');
  for (const part of parts) hasher.update(part);
  return hasher.digest();
}
