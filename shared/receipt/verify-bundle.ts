/** Verification of any signed thing of ours, offline: the bundle, a public key, and optionally the artifact it speaks of. */
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { hexOf, type Digest } from '../core/digest.ts';
import { McError } from '../core/errors.ts';
import type { CheckSignature, SignatureClaim } from '../port/check-signature.ts';
import { Bundle, statementMediaType } from './bundle.ts';
import { preAuthEncoding } from '../core/dsse.ts';
import type { LogIdentity } from '../log/log-identity.ts';
import { keyIdOf } from './key-id.ts';
import { parsedAs } from './parsed-as.ts';
import { Statement } from './statement.ts';
import { verifyLogEntry, type LogInclusion } from './verify-log-entry.ts';

export interface VerifyOptions {
  /** The trusted public key, SubjectPublicKeyInfo in PEM. */
  pem: string;
  /** What the statement must speak of: one of its subjects has this SHA-256. */
  artifact?: Digest;
  /** The predicate type that the caller expects. */
  predicateType?: string;
  /** The trusted transparency logs: an entry that none of them signed is refused. Without them only its proof is checked. */
  logs?: readonly LogIdentity[];
  /** Refuse a bundle that stands in no log; what versions before 0.3 signed does not. */
  requireLog?: boolean;
}

export interface VerifiedBundle {
  statement: Statement;
  keyId: string;
  /** Where it stands in a transparency log; null for one that stands in none. */
  log: LogInclusion | null;
}

interface TrustedKey {
  key: KeyObject;
  keyId: string;
}

/** Parsing a PEM costs more than verifying with it; a home knows few keys. */
const trustedKeys = new LRUCache<string, TrustedKey>({ max: 64 });

/** Answers the statement of a bundle that verifies; throws `mc:receipt:invalid` with the reason for everything else. */
export function verifyBundle(value: unknown, options: VerifyOptions): VerifiedBundle {
  const signed = readSigned(value, options);
  return readClaims(signed, checkSignature(signed), options);
}

/** As verifyBundle, with a check of signatures that need not hold the event loop. */
export async function verifyBundleWith(check: CheckSignature, value: unknown, options: VerifyOptions): Promise<VerifiedBundle> {
  const signed = readSigned(value, options);
  return readClaims(signed, await check(signed), options);
}

/** Checks in this thread. */
export function checkSignature({ message, signature, key }: SignatureClaim): boolean {
  return verify('sha256', message, { key, dsaEncoding: 'der' }, signature);
}

/** A bundle that is well formed, and its signature. */
interface SignedBundle extends SignatureClaim {
  bundle: Bundle;
  payload: Buffer;
  keyId: string;
}

/** Whether the bundle's signature is of this key over its payload; the bundle is one of ours, and nothing else of it is looked at. */
export async function holdsSignature(check: CheckSignature, bundle: Bundle, pem: string): Promise<boolean> {
  return check(claimOf(bundle, pem));
}

function readSigned(value: unknown, options: VerifyOptions): SignedBundle {
  return claimOf(parsedAs(Bundle, value, 'the bundle'), options.pem);
}

function claimOf(bundle: Bundle, pem: string): SignedBundle {
  const { key, keyId } = trustedKey(pem);
  const signature = bundle.dsseEnvelope.signatures[0];
  if (!signature) throw invalid('the bundle has no signature');
  checkKeyId(bundle, signature.keyid, keyId);
  const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64');
  const message = preAuthEncoding(statementMediaType, payload);
  return { bundle, payload, message, signature: Buffer.from(signature.sig, 'base64'), key, keyId };
}

function readClaims({ bundle, payload, keyId }: SignedBundle, holds: boolean, options: VerifyOptions): VerifiedBundle {
  if (!holds) throw invalid('the signature does not fit the statement and the key: one of the three was changed');
  const statement = parsedAs(Statement, parseJson(payload), 'the statement');
  checkClaims(statement, options);
  const log = verifyLogEntry(bundle, options.pem, options.logs);
  if (log === null && options.requireLog === true) throw invalid('the bundle stands in no transparency log');
  return { statement, keyId, log };
}

function trustedKey(pem: string): TrustedKey {
  const known = trustedKeys.get(pem);
  if (known) return known;
  const fresh = { key: createPublicKey(pem), keyId: keyIdOf(pem) };
  trustedKeys.set(pem, fresh);
  return fresh;
}

/** cosign takes an empty key id or the OpenSSH fingerprint, the same in both places. */
function checkKeyId(bundle: Bundle, keyid: string, trusted: string): void {
  const { hint } = bundle.verificationMaterial.publicKey;
  if (hint !== keyid) throw invalid(`the key hint ${hint} and the key id ${keyid} differ`);
  if (keyid !== '' && keyid !== trusted) throw invalid(`signed by the key ${keyid}, but the trusted key is ${trusted}`);
}

function checkClaims(statement: Statement, { artifact, predicateType }: VerifyOptions): void {
  if (predicateType !== undefined && statement.predicateType !== predicateType) {
    throw invalid(`the statement is of type ${statement.predicateType}, wanted ${predicateType}`);
  }
  if (artifact !== undefined && !statement.subject.some((subject) => subject.digest['sha256'] === hexOf(artifact))) {
    throw invalid(`no subject of the statement has the artifact's digest ${artifact}`);
  }
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new McError('mc:receipt:invalid', 'the signed payload is not JSON', { cause });
  }
}

function invalid(message: string): McError {
  return new McError('mc:receipt:invalid', message);
}
