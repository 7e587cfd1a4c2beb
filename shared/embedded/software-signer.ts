/** The signer port with an ECDSA P-256 key in a file of mode 0600; the same algorithm and bytes as KMS ECC_NIST_P256. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign as signWith, type KeyObject } from 'node:crypto';
import { constants, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { McError } from '../core/errors.ts';
import type { PublicKey, Signer } from '../port/signer.ts';
import { keyIdOf } from '../receipt/key-id.ts';

const signAsync = promisify(signWith);

export class SoftwareSigner implements Signer {
  readonly #key: KeyObject;
  readonly #public: PublicKey;

  constructor(key: KeyObject) {
    this.#key = key;
    const pem = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
    this.#public = { pem, keyId: keyIdOf(pem) };
  }

  async publicKey(): Promise<PublicKey> {
    return this.#public;
  }

  /** Signs on libuv's thread pool, so a burst of receipts does not hold the event loop. */
  async sign(message: Uint8Array): Promise<Uint8Array> {
    return signAsync('sha256', message, { key: this.#key, dsaEncoding: 'der' });
  }
}

/** Opens the key file, or makes a new key when there is none. Throws `mc:key:unreadable` for a file others may read or that holds no P-256 key. */
export function openSoftwareSigner(path: string): SoftwareSigner {
  if (!existsSync(path)) createKeyFile(path);
  const othersMayRead = (statSync(path).mode & (constants.S_IRWXG | constants.S_IRWXO)) !== 0;
  if (othersMayRead) throw new McError('mc:key:unreadable', `others may read the key file ${path}; it must have mode 0600`);
  let key: KeyObject;
  try {
    key = createPrivateKey(readFileSync(path));
  } catch (cause) {
    throw new McError('mc:key:unreadable', `the key file ${path} holds no private key in PEM`, { cause });
  }
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new McError('mc:key:unreadable', `the key in ${path} is not ECDSA P-256, the only curve that cosign accepts with SHA-256`);
  }
  return new SoftwareSigner(key);
}

function createKeyFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  // `wx`: a key that another process made in the meantime is never overwritten.
  writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
}
