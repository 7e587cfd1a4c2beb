/**
 * Restores an embedded home from a backup. Everything is written into a folder beside the target and checked there as the home's own monitor would; only
 * a rename makes it the data folder. So a restore that fails or is killed leaves nothing behind that a home would start on.
 */
import { renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkRestoredHome, type CheckedHome } from '../../backup/check-restored-home.ts';
import { fileHomeStatement } from '../../backup/file-home-statement.ts';
import { restoreKey, restoreStatement, type RestoreFacts } from '../../backup/restore-statement.ts';
import { hasCode, McError } from '../../core/errors.ts';
import { logIdentity } from '../../log/log-identity.ts';
import { retireLog, type RetiredLog } from '../../log/retired-logs.ts';
import { isoTime } from '../../port/clock.ts';
import type { Deps } from '../../port/deps.ts';
import { folderError } from '../folder-error.ts';
import { lockFolder } from '../folder-lock.ts';
import { lookAt, makeFolder, namesIn, objectPath } from './backup-folder.ts';
import { syncFolder } from '../sync-folder.ts';
import { copyFile } from './copy-file.ts';
import { checkTableFile } from './copy-table.ts';
import { checkObjects, openBackup, type KeySource, type OpenBackup } from './open-backup.ts';

export type RestoreStep = 'verify' | 'table' | 'blobs' | 'check' | 'log' | 'statement' | 'rename';

/** The stores of a data folder without an engine. */
export type HomeStores = Pick<
  Deps,
  | 'config'
  | 'table'
  | 'blobs'
  | 'dataKeys'
  | 'wrappingKey'
  | 'signer'
  | 'authority'
  | 'logKey'
  | 'clock'
  | 'ids'
  | 'faults'
  | 'metrics'
  | 'logger'
  | 'checkSignature'
> & { close(): void };

export interface RestoreOptions {
  from: string;
  /** Which backup; default: the newest. */
  id?: string | undefined;
  keys: KeySource;
  /** Where the home shall be: a folder that is empty, or not there. */
  dataDir: string;
  /** Only verify the backup; nothing is written. */
  isDryRun?: boolean;
  openStores: (dataDir: string) => Promise<HomeStores>;
  /** What else has to be done to the restored home before it is one. */
  amend?: (stores: HomeStores) => Promise<void>;
  onStep?: (step: RestoreStep) => void | Promise<void>;
}

export interface Restored {
  backup: OpenBackup['facts'];
  /** Null for a dry run. */
  home: (CheckedHome & { statement: RestoreFacts }) | null;
}

/** Restores a home, or only verifies its backup; throws `mc:backup:*` with the reason, and then there is no data folder. */
export async function restoreHome(options: RestoreOptions): Promise<Restored> {
  const { dataDir, onStep } = options;
  checkTarget(dataDir);
  await onStep?.('verify');
  const backup = await openBackup(options);
  checkTableFile(join(backup.folder, 'table.sqlite'));
  if (options.isDryRun === true) {
    await checkObjects(backup);
    return { backup: backup.facts, home: null };
  }
  const stage = `${dataDir}.restoring`;
  const lock = openStage(stage);
  try {
    await fillStage(stage, backup, options);
    const home = await settle(stage, backup, options);
    await onStep?.('rename');
    await publish(stage, dataDir);
    return { backup: backup.facts, home };
  } catch (error) {
    rmSync(stage, { recursive: true, force: true });
    throw folderError(dataDir, error);
  } finally {
    lock.release();
  }
}

function checkTarget(dataDir: string): void {
  const found = lookAt(dataDir);
  if (!found) return;
  if (!found.isDirectory()) throw new McError('mc:backup:place', `${dataDir} is no folder`);
  const [name] = namesIn(dataDir);
  if (name !== undefined)
    throw new McError('mc:backup:place', `${dataDir} is not empty: there is ${name}. A restore never replaces a home`);
}

/** Takes the folder beside the target; what a killed restore left there goes. */
function openStage(stage: string): { release(): void } {
  makeFolder(stage);
  let lock: { release(): void };
  try {
    lock = lockFolder(stage);
  } catch (cause) {
    if (hasCode(cause, 'mc:host:data-dir-in-use'))
      throw new McError('mc:backup:busy', `another restore into ${stage} is under way`, { cause });
    throw cause;
  }
  for (const name of namesIn(stage)) if (!name.startsWith('lock.sqlite')) rmSync(join(stage, name), { recursive: true, force: true });
  return lock;
}

/** Copies everything, and checks what was copied: the backup may change between a look and a copy. */
async function fillStage(stage: string, { from, folder, facts, blobs, keys }: OpenBackup, { onStep }: RestoreOptions): Promise<void> {
  await onStep?.('table');
  await copyExactly(join(folder, 'table.sqlite'), join(stage, 'table.sqlite'), facts.table);
  await onStep?.('blobs');
  const folders = new Set<string>();
  for (const { path, digest, size } of blobs) {
    const place = join(stage, 'blobs', path);
    makeFolder(dirname(place));
    for (let each = dirname(place); each !== stage; each = dirname(each)) folders.add(each);
    await copyExactly(objectPath(from, digest), place, { digest, size });
  }
  for (const each of folders) await syncFolder(each);
  makeFolder(join(stage, 'keys'));
  for (const [name, bytes] of keys) writeFileSync(join(stage, 'keys', name), bytes, { mode: 0o600, flag: 'wx', flush: true });
}

async function copyExactly(from: string, to: string, wanted: { digest: string; size: number }): Promise<void> {
  const copied = await copyFile(from, `${to}.tmp`, ({ digest, size }) =>
    digest === wanted.digest && size === wanted.size ? to : undefined,
  );
  if (!copied) throw new McError('mc:backup:invalid', `${from} is missing`);
  if (copied.digest !== wanted.digest || copied.size !== wanted.size)
    throw new McError('mc:backup:invalid', `${from} was changed since the backup`);
}

/** Checks the home as it was, ends its log, and lets it say so as the first of the next one. */
async function settle(stage: string, backup: OpenBackup, options: RestoreOptions): Promise<CheckedHome & { statement: RestoreFacts }> {
  const { openStores, amend, onStep } = options;
  await onStep?.('check');
  const old = await openStores(stage);
  let checked: CheckedHome;
  let ended: RetiredLog;
  try {
    checked = await checkRestoredHome(old, backup.facts.log);
    await onStep?.('log');
    ended = await retireLog(old);
    // Without this row and the file, the stores make the key of the next log; the key of the old one ends here, so nobody can append to it by mistake.
    await old.table.write([{ kind: 'delete', key: { pk: 'SYS#KEYS', sk: 'LOG' } }]);
    rmSync(join(stage, 'keys', 'log.pem'));
  } finally {
    old.close();
  }
  const stores = await openStores(stage);
  try {
    await amend?.(stores);
    await onStep?.('statement');
    return { ...checked, statement: await stateRestore(stores, backup, ended) };
  } finally {
    stores.close();
  }
}

async function stateRestore(stores: HomeStores, { facts, loggedSize }: OpenBackup, ended: RetiredLog): Promise<RestoreFacts> {
  const statement: RestoreFacts = {
    backup: facts.id,
    table: facts.table.digest,
    takenAt: facts.takenAt,
    restoredAt: isoTime(stores.clock.now()),
    endedLog: { origin: ended.sk, size: ended.size, checkpoint: ended.note, knownSize: Math.max(ended.size, loggedSize) },
    newLog: { origin: logIdentity(await stores.logKey.publicKey()).origin },
  };
  await fileHomeStatement(stores, {
    key: restoreKey(stores.config.ownerTenant, facts.id),
    statement: restoreStatement(statement),
    change: { type: 'mc.home.restore', subject: facts.id, reason: 'the home was restored from a backup' },
  });
  return statement;
}

async function publish(stage: string, dataDir: string): Promise<void> {
  await syncFolder(join(stage, 'keys'));
  await syncFolder(stage);
  if (lookAt(dataDir)) rmdirSync(dataDir);
  renameSync(stage, dataDir);
  await syncFolder(dirname(dataDir));
}
