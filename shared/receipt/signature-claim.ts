import { createPublicKey, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { preAuthEncoding } from '../core/dsse.ts';
import { McError } from '../core/errors.ts';
import type { SignatureClaim } from '../port/check-signature.ts';
import type { Bundle } from './bundle.ts';
import { keyIdOf } from './key-id.ts';
import { statementMediaType } from './media-types.ts';

interface TrustedKey {
  key: KeyObject;
  keyId: string;
}

/** Parsing a PEM costs more than verifying with it; a home knows few keys. */
const trustedKeys = new LRUCache<string, TrustedKey>({ max: 64 });

function trustedKey(pem: string): TrustedKey {
  const known = trustedKeys.get(pem);
  if (known) return known;
  const fresh = { key: createPublicKey(pem), keyId: keyIdOf(pem) };
  trustedKeys.set(pem, fresh);
  return fresh;
}

/** The trusted key, for whoever names it by this id. Throws `mc:receipt:invalid` when it is another one. */
export function namedKey(pem: string, keyId: string): KeyObject {
  const trusted = trustedKey(pem);
  checkKeyId(keyId, keyId, trusted.keyId);
  return trusted.key;
}

/** What a bundle says to have been signed by the trusted key, and the payload in it. */
export interface BundleClaim extends SignatureClaim {
  payload: Buffer;
  keyId: string;
}

/** What the bundle claims of this key; the bundle is well formed, and nothing but its signature is looked at. Throws `mc:receipt:invalid` when it names another key. */
export function claimOf({ dsseEnvelope, verificationMaterial }: Bundle, pem: string): BundleClaim {
  const { key, keyId } = trustedKey(pem);
  const signature = dsseEnvelope.signatures[0];
  if (!signature) throw invalid('the bundle has no signature');
  checkKeyId(verificationMaterial.publicKey.hint, signature.keyid, keyId);
  const payload = Buffer.from(dsseEnvelope.payload, 'base64');
  const message = preAuthEncoding(statementMediaType, payload);
  return { payload, message, signature: Buffer.from(signature.sig, 'base64'), key, keyId };
}

/** cosign takes an empty key id or the OpenSSH fingerprint, the same in both places. */
function checkKeyId(hint: string, keyid: string, trusted: string): void {
  if (hint !== keyid) throw invalid(`the key hint ${hint} and the key id ${keyid} differ`);
  if (keyid !== '' && keyid !== trusted) throw invalid(`signed by the key ${keyid}, but the trusted key is ${trusted}`);
}

function invalid(message: string): McError {
  return new McError('mc:receipt:invalid', message);
}
