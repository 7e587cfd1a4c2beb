import { createHash, createPublicKey } from 'node:crypto';
import { McError } from '../core/errors.ts';

const wireString = (bytes: Uint8Array): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.byteLength);
  return Buffer.concat([length, bytes]);
};

/**
 * The OpenSSH fingerprint of an ECDSA P-256 public key: `SHA256:` and the unpadded base64 of SHA-256 over its SSH wire form
 * (RFC 4253 §6.6, RFC 5656 §3.1). cosign accepts no other key id.
 */
export function keyIdOf(pem: string): string {
  const jwk = createPublicKey(pem).export({ format: 'jwk' });
  if (jwk.kty !== 'EC' || jwk.crv !== 'P-256' || jwk.x === undefined || jwk.y === undefined) {
    throw new McError('mc:key:unreadable', `a receipt key is ECDSA P-256, got ${String(jwk.kty)} ${String(jwk.crv ?? '')}`.trim());
  }
  const point = Buffer.concat([Buffer.of(4), Buffer.from(jwk.x, 'base64url'), Buffer.from(jwk.y, 'base64url')]);
  const wire = Buffer.concat([wireString(Buffer.from('ecdsa-sha2-nistp256')), wireString(Buffer.from('nistp256')), wireString(point)]);
  return `SHA256:${createHash('sha256').update(wire).digest('base64').replace(/=+$/, '')}`;
}
