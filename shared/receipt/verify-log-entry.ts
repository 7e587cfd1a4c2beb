import { McError } from '../core/errors.ts';
import { leafHash } from '../core/merkle-hash.ts';
import { openCheckpoint, readCheckpoint, type Checkpoint } from '../log/checkpoint.ts';
import { rootFromInclusion } from '../log/inclusion-proof.ts';
import { logEntry } from '../log/log-entry.ts';
import type { LogIdentity } from '../log/log-identity.ts';
import type { TlogEntry } from '../log/tlog-entry.ts';
import type { Bundle } from './bundle.ts';

/** Where a bundle says that it stands in a transparency log. */
export interface LogInclusion {
  origin: string;
  index: number;
  /** Entries of the log that the proof is about. */
  size: number;
  /** Whether the checkpoint is signed by a log that the caller trusts; false when the caller named none. */
  isTrusted: boolean;
}

/**
 * Checks that the bundle's own entry is in the tree of its checkpoint, and, where logs are named, that one of them signed that. Answers null for a bundle
 * without an entry; throws `mc:receipt:invalid` for an entry that does not hold.
 */
export function verifyLogEntry(bundle: Bundle, pem: string, logs?: readonly LogIdentity[]): LogInclusion | null {
  const [entry] = bundle.verificationMaterial.tlogEntries ?? [];
  return entry ? verifyEntry(entry, logEntry(bundle.dsseEnvelope, pem), logs) : null;
}

/** As verifyLogEntry, for an entry that is there and must be exactly this one. */
export function verifyEntry(entry: TlogEntry, expected: string, logs?: readonly LogIdentity[]): LogInclusion {
  checkBody(entry, expected);
  const checkpoint = checkProof(entry);
  const { origin, size } = checkpoint;
  if (logs !== undefined) checkSignature(entry, logs);
  return { origin, index: Number(entry.logIndex), size, isTrusted: logs !== undefined };
}

/** The entry must be the one of this envelope and key: a proof about another statement says nothing about this one. */
function checkBody({ canonicalizedBody }: TlogEntry, expected: string): void {
  if (canonicalizedBody !== Buffer.from(expected).toString('base64'))
    throw invalid('the log entry speaks of another statement, signature or key');
}

function checkProof({ logIndex, canonicalizedBody, inclusionProof: proof }: TlogEntry): Checkpoint {
  if (proof.logIndex !== logIndex) throw invalid(`the entry is at ${logIndex}, its inclusion proof is about ${proof.logIndex}`);
  const place = { index: Number(logIndex), size: Number(proof.treeSize) };
  const leaf = leafHash(Buffer.from(canonicalizedBody, 'base64'));
  const hashes = proof.hashes.map((hash) => Buffer.from(hash, 'base64'));
  const root = rootFromInclusion(leaf, place, hashes);
  const claimed = Buffer.from(proof.rootHash, 'base64');
  if (root === undefined || !claimed.equals(root)) throw invalid('the inclusion proof does not lead to the root of the log');
  const checkpoint = readCheckpoint(proof.checkpoint.envelope);
  if (!checkpoint) throw invalid('the checkpoint in the bundle is not one');
  if (checkpoint.size !== place.size || !checkpoint.root.equals(claimed))
    throw invalid('the checkpoint speaks of another tree than the inclusion proof');
  return checkpoint;
}

function checkSignature({ logId, inclusionProof }: TlogEntry, logs: readonly LogIdentity[]): void {
  const log = logs.find(({ id }) => id.toString('base64') === logId.keyId);
  if (!log) throw invalid('the entry is of a log that the trusted root does not name');
  if (!openCheckpoint(inclusionProof.checkpoint.envelope, log)) throw invalid(`the checkpoint is not signed by the log ${log.origin}`);
}

function invalid(message: string): McError {
  return new McError('mc:receipt:invalid', message);
}
