import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { constants, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { McError } from '../core/errors.ts';
import { folderError } from './folder-error.ts';

/** Opens the ECDSA P-256 key in the file, or makes a new one when there is none. Throws `mc:key:unreadable` for a file others may read or that holds no such key. */
export function openKeyFile(path: string): KeyObject {
  if (!existsSync(path)) createKeyFile(path);
  let pem: Buffer;
  let othersMayRead: boolean;
  try {
    othersMayRead = (statSync(path).mode & (constants.S_IRWXG | constants.S_IRWXO)) !== 0;
    pem = readFileSync(path);
  } catch (cause) {
    throw new McError('mc:key:unreadable', `the key file ${path} cannot be read: ${cause instanceof Error ? cause.message : ''}`, {
      cause,
    });
  }
  if (othersMayRead) throw new McError('mc:key:unreadable', `others may read the key file ${path}; it must have mode 0600`);
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw new McError('mc:key:unreadable', `the key file ${path} holds no private key in PEM`, { cause });
  }
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new McError('mc:key:unreadable', `the key in ${path} is not ECDSA P-256, the only curve that cosign accepts with SHA-256`);
  }
  return key;
}

function createKeyFile(path: string): void {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // `wx`: a key that another process made in the meantime is never overwritten.
    writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw folderError(path, error);
  }
}
