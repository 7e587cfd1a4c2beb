import { McError } from '../core/errors.ts';
import { leafHash } from '../core/merkle-hash.ts';
import type { Key, WriteOp } from '../port/table.ts';
import { maxEntryBytes } from './entry-bundle.ts';
import { certificateLogEntry, logEntry } from './log-entry.ts';
import { pendingKey } from './log-store.ts';

type Envelope = Parameters<typeof logEntry>[0];

/** An entry of the log, canonical JSON, and its name: its leaf hash in hex. */
export interface NamedEntry {
  entry: string;
  leaf: string;
}

interface LoggedStatement {
  /** What the row of the statement keeps, so that its proof can be found: the name of its log entry. */
  leaf: string;
  /** Belongs into the write that files the statement: then it is logged exactly when it is filed. */
  op: WriteOp;
}

/** Puts a signed statement in line for the transparency log. `of` is the row that files it; the key is the one that signed it. */
export function logEntryOp({ dsseEnvelope }: { dsseEnvelope: Envelope }, pem: string, of: Key): LoggedStatement {
  return loggedBy(logEntry(dsseEnvelope, pem), of);
}

/** As logEntryOp, for a statement that is checked with the certificate of the key that signed it. */
export function certificateEntryOp({ dsseEnvelope }: { dsseEnvelope: Envelope }, certificate: Uint8Array, of: Key): LoggedStatement {
  return loggedBy(certificateLogEntry(dsseEnvelope, certificate), of);
}

/** As the op of logEntryOp, for an entry that was made when the statement was signed. */
export function namedEntryOp({ entry, leaf }: NamedEntry, of: Key): WriteOp {
  if (Buffer.byteLength(entry) > maxEntryBytes) throw new McError('mc:store:refused', `a log entry of more than ${maxEntryBytes} bytes`);
  return { kind: 'put', item: { ...pendingKey(leaf), entry, of: { pk: of.pk, sk: of.sk } } };
}

function loggedBy(entry: string, of: Key): LoggedStatement {
  const leaf = leafHash(entry).toString('hex');
  return { leaf, op: namedEntryOp({ entry, leaf }, of) };
}
