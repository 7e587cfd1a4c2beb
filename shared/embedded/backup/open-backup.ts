/** Opens a backup and believes nothing of it before it is proven: by the keys of its home to its statement, and by the statement to every file. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readBackupFacts, type BackupFacts, type StoredFile } from '../../backup/backup-statement.ts';
import { readBlobList, type ListedBlob } from '../../backup/blob-list.ts';
import { hasCode, McError } from '../../core/errors.ts';
import type { Id } from '../../core/id.ts';
import { logIdentity, type LogIdentity } from '../../log/log-identity.ts';
import { Bundle, maxBundleBytes } from '../../receipt/bundle.ts';
import { keyIdOf } from '../../receipt/key-id.ts';
import { predicateTypes } from '../../receipt/statement.ts';
import { verifyBundle, type VerifiedBundle } from '../../receipt/verify-bundle.ts';
import { folderError } from '../folder-error.ts';
import * as layout from './backup-folder.ts';
import { readThrough } from './copy-file.ts';
import { readKeys } from './read-keys.ts';
import { checkKeys, maxSealedKeysBytes, openSealedKeys, type KeyFiles } from './sealed-keys.ts';

/** Where the keys of the home come from: out of the backup with its passphrase, or from a folder where they were kept. */
export type KeySource = { passphrase: string } | { folder: string };

export interface OpenBackup {
  /** The folder of backups. */
  from: string;
  /** The folder of this one. */
  folder: string;
  facts: BackupFacts;
  keys: KeyFiles;
  /** The key of the home that signed the backup. */
  pem: string;
  log: LogIdentity;
  /** Entries that the log of the home had at least, shortly after the backup. */
  loggedSize: number;
  blobs: readonly ListedBlob[];
}

/** A list of a hundred million blobs would be longer; a home with so many is not on one machine. */
const maxListBytes = 2 * 1024 * 1024 * 1024;

/**
 * Opens the newest backup of a folder, or the one of this id. When it answers, the statement is signed by a key of the home and stands in its log, and every file of the
 * backup but its objects has the digest that the statement gives. Throws `mc:backup:*` with the reason otherwise.
 */
export async function openBackup({
  from,
  id,
  keys: source,
}: {
  from: string;
  id?: string | undefined;
  keys: KeySource;
}): Promise<OpenBackup> {
  const folder = layout.backupIn(from, chooseBackup(from, id));
  checkNames(folder);
  const bundle = readBundle(join(folder, layout.backupFiles.statement));
  const claimed = readClaims(bundle);
  const keys = 'folder' in source ? readKeys(source.folder) : await unseal(folder, claimed, source.passphrase);
  checkKeys(keys, claimed.keys);
  const { pem, log } = trustAnchors(keys, bundle, claimed.log.origin);
  const { statement, log: logged } = verified(bundle, { pem, log });
  const facts = readBackupFacts(statement);
  if (folder !== layout.backupIn(from, facts.id)) throw invalid(`the backup in ${folder} is ${facts.id}`);
  if ((facts.sealedKeys === null) !== (layout.lookAt(join(folder, layout.backupFiles.keys)) === undefined))
    throw invalid('there is a file of keys where the statement names none, or none where it names one');
  if (facts.sealedKeys) await mustHold(join(folder, layout.backupFiles.keys), facts.sealedKeys);
  await mustHold(join(folder, layout.backupFiles.table), facts.table);
  await mustHold(join(folder, layout.backupFiles.blobs), facts.blobs.list);
  const blobs = readBlobList(readText(join(folder, layout.backupFiles.blobs), maxListBytes));
  const bytes = blobs.reduce((sum, { size }) => sum + size, 0);
  if (blobs.length !== facts.blobs.count || bytes !== facts.blobs.bytes) throw invalid('the list of blobs and the statement differ');
  return { from, folder, facts, keys, pem, log, loggedSize: logged?.size ?? facts.log.size, blobs };
}

/** Throws `mc:backup:invalid` unless the object of every blob is there and has its digest. */
export async function checkObjects({ from, blobs }: OpenBackup): Promise<void> {
  for (const { digest, size, path } of blobs) {
    const found = await readThrough(layout.objectPath(from, digest));
    if (!found) throw invalid(`the object of the blob ${path} is missing: ${layout.objectPath(from, digest)}`);
    if (found.digest !== digest || found.size !== size)
      throw invalid(`the object of the blob ${path} was changed: ${layout.objectPath(from, digest)}`);
  }
}

function chooseBackup(from: string, id: string | undefined): Id<'bak'> {
  const all = layout.listBackups(from);
  const chosen = id === undefined ? all.at(-1) : all.find((known) => known === id);
  if (chosen === undefined)
    throw new McError('mc:backup:not-found', `${from} holds ${all.length} backups, and ${id ?? 'none that is whole'} is not among them`);
  return chosen;
}

/** Exactly the files of a backup, none of them a link. */
function checkNames(folder: string): void {
  if (layout.lookAt(folder)?.isDirectory() !== true) throw invalid(`${folder} is no folder`);
  const known: readonly string[] = Object.values(layout.backupFiles);
  for (const name of layout.namesIn(folder)) {
    if (!known.includes(name)) throw invalid(`${join(folder, name)} does not belong to a backup`);
    if (layout.lookAt(join(folder, name))?.isFile() !== true) throw invalid(`${join(folder, name)} is no file`);
  }
}

function readText(path: string, maxBytes: number): string {
  const found = layout.lookAt(path);
  if (!found) throw invalid(`${path} is missing`);
  if (found.size > maxBytes) throw invalid(`${path} has ${found.size} bytes, which is more than it can have`);
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw folderError(path, error);
  }
}

function readBundle(path: string): Bundle {
  try {
    return Bundle.parse(JSON.parse(readText(path, maxBundleBytes)));
  } catch (cause) {
    if (cause instanceof McError) throw cause;
    throw new McError('mc:backup:invalid', `${path} is no signed statement`, { cause });
  }
}

/** What the statement says, before its signature was checked: which keys it needs. */
function readClaims({ dsseEnvelope }: Bundle): BackupFacts {
  try {
    const statement: unknown = JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString('utf8'));
    if (typeof statement === 'object' && statement !== null && 'predicate' in statement)
      return readBackupFacts(statement as Parameters<typeof readBackupFacts>[0]); // Only its predicate is read, and that is parsed.
  } catch (cause) {
    if (cause instanceof McError) throw cause;
    throw new McError('mc:backup:invalid', 'the statement of the backup is not JSON', { cause });
  }
  throw invalid('the statement of the backup says nothing');
}

async function unseal(folder: string, { id, sealedKeys }: BackupFacts, passphrase: string): Promise<KeyFiles> {
  const path = join(folder, layout.backupFiles.keys);
  if (!sealedKeys) throw new McError('mc:backup:keys', `the backup ${id} was made without keys; name the folder where they were kept`);
  return openSealedKeys(readText(path, maxSealedKeysBytes), { passphrase, backup: id });
}

/** Only the owner of the home has its keys, so what they signed is the owner's word. */
function trustAnchors(keys: KeyFiles, bundle: Bundle, origin: string): { pem: string; log: LogIdentity } {
  const publicKeys = [...keys.values()].flatMap((bytes) => publicKeyIn(bytes) ?? []);
  const signer = publicKeys.find((key) => isNamed(key, bundle.verificationMaterial.publicKey.hint));
  if (!signer) throw invalid(`none of the keys is ${bundle.verificationMaterial.publicKey.hint}, which signed the backup`);
  const log = publicKeys
    .flatMap((key) => (key.asymmetricKeyType === 'ed25519' ? [logIdentity(pemOf(key))] : []))
    .find((one) => one.origin === origin);
  if (!log) throw invalid(`none of the keys is that of the log ${origin}`);
  return { pem: pemOf(signer), log };
}

function publicKeyIn(bytes: Buffer): KeyObject | undefined {
  try {
    return createPublicKey(createPrivateKey(bytes));
  } catch {
    return undefined; // Some files of keys, such as those that wrap data keys, are of another form.
  }
}

const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

function isNamed(key: KeyObject, keyId: string): boolean {
  return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' && keyIdOf(pemOf(key)) === keyId;
}

function verified(bundle: Bundle, { pem, log }: { pem: string; log: LogIdentity }): VerifiedBundle {
  try {
    return verifyBundle(bundle, { pem, predicateType: predicateTypes.backup, logs: [log], requireLog: true });
  } catch (cause) {
    if (!hasCode(cause, 'mc:receipt:invalid')) throw cause;
    throw new McError('mc:backup:invalid', `the statement of the backup does not verify: ${cause.message}`, { cause });
  }
}

async function mustHold(path: string, { digest, size }: StoredFile): Promise<void> {
  const found = await readThrough(path);
  if (!found) throw invalid(`${path} is missing`);
  if (found.size !== size) throw invalid(`${path} has ${found.size} bytes instead of ${size}`);
  if (found.digest !== digest) throw invalid(`${path} was changed since the backup`);
}

function invalid(message: string): McError {
  return new McError('mc:backup:invalid', message);
}
