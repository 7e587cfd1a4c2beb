/** The keys of all worlds, the same in every process: a statement names its key, so another key would be other bytes. They protect nothing. */
import { createECDH, createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

export interface KeyPair {
  privateKey: KeyObject;
  publicKey: KeyObject;
}

const seedOf = (name: string): Buffer => createHash('sha256').update(`maestro simulation: ${name}`).digest();
const pairOf = (privateKey: KeyObject): KeyPair => ({ privateKey, publicKey: createPublicKey(privateKey) });

/** The ECDSA P-256 key that signs receipts. Its signatures are random all the same: Node has none with nonces of RFC 6979. */
export function receiptKeyPair(): KeyPair {
  const ecdh = createECDH('prime256v1');
  const d = seedOf('receipts');
  ecdh.setPrivateKey(d);
  const point = ecdh.getPublicKey(); // 04, x and y, of 32 bytes each.
  const told = (part: Buffer): string => part.toString('base64url');
  const key = { kty: 'EC', crv: 'P-256', d: told(d), x: told(point.subarray(1, 33)), y: told(point.subarray(33)) };
  return pairOf(createPrivateKey({ format: 'jwk', key }));
}

/** PKCS #8 of an Ed25519 key, up to its 32 bytes (RFC 8410 §7). */
const ed25519Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The Ed25519 key of the log. */
export function logKeyPair(): KeyPair {
  return pairOf(createPrivateKey({ format: 'der', type: 'pkcs8', key: Buffer.concat([ed25519Prefix, seedOf('log')]) }));
}
