/** Verification of any signed thing of ours, offline: the bundle, a public key, and optionally the artifact it speaks of. */
import { hexOf, type Digest } from '../core/digest.ts';
import { McError } from '../core/errors.ts';
import type { CheckSignature } from '../port/check-signature.ts';
import { Bundle } from './bundle.ts';
import type { LogIdentity } from '../log/log-identity.ts';
import { checkSignature } from './check-signature.ts';
import { parsedAs } from './parsed-as.ts';
import { claimOf, type BundleClaim } from './signature-claim.ts';
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

/** A bundle that is well formed, and its signature. */
interface SignedBundle extends BundleClaim {
  bundle: Bundle;
}

function readSigned(value: unknown, options: VerifyOptions): SignedBundle {
  const bundle = parsedAs(Bundle, value, 'the bundle');
  return { ...claimOf(bundle, options.pem), bundle };
}

function readClaims({ bundle, payload, keyId }: SignedBundle, holds: boolean, options: VerifyOptions): VerifiedBundle {
  if (!holds) throw invalid('the signature does not fit the statement and the key: one of the three was changed');
  const statement = parsedAs(Statement, parseJson(payload), 'the statement');
  checkClaims(statement, options);
  const log = verifyLogEntry(bundle, options.pem, options.logs);
  if (log === null && options.requireLog === true) throw invalid('the bundle stands in no transparency log');
  return { statement, keyId, log };
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
