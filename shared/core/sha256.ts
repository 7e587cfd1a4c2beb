import { createHash, hash } from 'node:crypto';

/** The 32 bytes of SHA-256 over these parts, one after the other; text is taken as UTF-8. */
export function sha256(...parts: readonly (Uint8Array | string)[]): Buffer {
  const [only] = parts;
  // In one call, which makes no object that has to be collected, and as text, because memory of its own for 32 bytes costs more than the hash of a node; every receipt
  // comes through a dozen times.
  if (only !== undefined && parts.length === 1) return Buffer.from(hash('sha256', only, 'hex'), 'hex');
  const hasher = createHash('sha256');
  for (const part of parts) hasher.update(part);
  return hasher.digest();
}
