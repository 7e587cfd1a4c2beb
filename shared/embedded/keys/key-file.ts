import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { constants, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { McError } from '../../core/errors.ts';
import { folderError } from '../folder-error.ts';
import { makeFolders } from '../make-folders.ts';

/** Receipts and tokens are signed with P-256, checkpoints of the log with Ed25519. */
export type KeyKind = 'P-256' | 'Ed25519';

interface KeyFileOptions {
  kind?: KeyKind;
  /** Refuses, or leaves a key in the file. */
  whenAbsent?: (path: string) => void;
}

/**
 * Opens the key in the file, or makes a new one when there is none, unless `whenAbsent` refuses that. Throws `mc:key:unreadable` for a file others
 * may read or that holds no key of this kind.
 */
export function openKeyFile(
  path: string,
  { kind = 'P-256', whenAbsent = () => createKeyFile(path, kind) }: KeyFileOptions = {},
): KeyObject {
  let pem: Buffer;
  let othersMayRead: boolean;
  try {
    // A file that is there and may not be looked at is not absent: making another one would be an attempt to replace it.
    if (statSync(path, { throwIfNoEntry: false }) === undefined) whenAbsent(path);
    othersMayRead = (statSync(path).mode & (constants.S_IRWXG | constants.S_IRWXO)) !== 0;
    pem = readFileSync(path);
  } catch (cause) {
    if (cause instanceof McError) throw cause;
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
  if (kind === 'P-256' && key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new McError('mc:key:unreadable', `the key in ${path} is not ECDSA P-256, the only curve that cosign accepts with SHA-256`);
  }
  if (kind === 'Ed25519' && key.asymmetricKeyType !== 'ed25519') {
    throw new McError('mc:key:unreadable', `the key in ${path} is not Ed25519, the only kind that cosign accepts for a log of ours`);
  }
  return key;
}

function createKeyFile(path: string, kind: KeyKind): void {
  const { privateKey } = kind === 'P-256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  try {
    makeFolders(dirname(path), 0o700);
    // `wx`: a key that another process made in the meantime is never overwritten.
    writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw folderError(path, error);
  }
}
