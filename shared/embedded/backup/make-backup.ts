/**
 * Makes a backup of an embedded home, whether it runs or not. Blobs are copied before the table and once more after it, so every blob that the copied table
 * names is there, and sealed with a key that the copied table has. The statement is written last and the folder renamed then: a backup is whole, or it is not there.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { incrementBase32 } from 'ulid';
import { backupFormat, type BackupFacts, type StoredFile } from '../../backup/backup-statement.ts';
import { readBlobList, writeBlobList, type ListedBlob } from '../../backup/blob-list.ts';
import { digestBytes } from '../../core/digest.ts';
import { hasCode, McError } from '../../core/errors.ts';
import type { Id } from '../../core/id.ts';
import { isoTime } from '../../port/clock.ts';
import type { Deps } from '../../port/deps.ts';
import type { Bundle } from '../../receipt/bundle.ts';
import { folderError } from '../folder-error.ts';
import { lockFolder } from '../folder-lock.ts';
import * as layout from './backup-folder.ts';
import { copyBlobs, type KnownBlobs } from './copy-blobs.ts';
import { syncFolder } from '../sync-folder.ts';
import { readThrough } from './copy-file.ts';
import { copyTable, type TableCopy } from './copy-table.ts';
import { pruneBackups } from './prune-backups.ts';
import { readKeys } from './read-keys.ts';
import { checkKeys, sealKeys } from './sealed-keys.ts';

/** Characters of an id behind its time. */
const randomLength = 16;

export type BackupStep = 'blobs' | 'table' | 'late-blobs' | 'keys' | 'statement' | 'rename';

export interface BackupDeps extends Pick<Deps, 'clock' | 'ids'> {
  config: Pick<Deps['config'], 'version'>;
  /** What the home itself does for its backup: only one process should write a table that is in use. */
  home: BackedUpHome;
}

export interface BackedUpHome {
  /** Appends to the log what waits for it. */
  integrate(): Promise<unknown>;
  /** Signs, files and logs the statement of the backup with these facts. */
  state(facts: BackupFacts): Promise<Bundle>;
}

export interface BackupOptions {
  dataDir: string;
  /** The folder of backups; made when it is not there. */
  to: string;
  /** What the keys of the home are sealed with; null leaves them out, and whoever wants to restore needs them from elsewhere. */
  passphrase: string | null;
  /** Backups that are kept in the folder, this one among them; default: all. */
  keep?: number | undefined;
  /** Told of each step before it begins. */
  onStep?: (step: BackupStep) => void | Promise<void>;
}

export interface BackupMade {
  id: Id<'bak'>;
  folder: string;
  takenAt: string;
  facts: BackupFacts;
  /** Bytes of blobs that this backup added. */
  newBytes: number;
  /** Earlier backups that were taken away. */
  pruned: number;
  tookMs: number;
}

/** Makes one backup. Throws `mc:backup:*` with the reason, and leaves the earlier backups of the folder as they were. */
export async function makeBackup(deps: BackupDeps, options: BackupOptions): Promise<BackupMade> {
  const startedMs = deps.clock.elapsedMs();
  const { dataDir, to } = options;
  if (!existsSync(join(dataDir, 'table.sqlite'))) throw new McError('mc:backup:not-found', `${dataDir} is not the data folder of a home`);
  if (isWithin(dataDir, to) || isWithin(to, dataDir))
    throw new McError('mc:backup:place', `${to} and the data folder ${dataDir} lie one in the other; what takes the one would take both`);
  openPlace(to);
  const lock = lockPlace(to);
  try {
    const made = await writeDraft(deps, options);
    await options.onStep?.('rename');
    const folder = layout.backupIn(to, made.facts.id);
    renameSync(layout.draftIn(to), folder);
    await syncFolder(layout.backupsIn(to));
    const pruned = options.keep === undefined ? 0 : pruneBackups(to, options.keep);
    const { id, takenAt } = made.facts;
    return { id, folder, takenAt, pruned, ...made, tookMs: deps.clock.elapsedMs() - startedMs };
  } catch (error) {
    throw folderError(to, error);
  } finally {
    lock.release();
  }
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (!way.startsWith('..') && !way.startsWith('/'));
}

/** Takes a folder of backups, or an empty one; anything else may be somebody's documents. */
function openPlace(to: string): void {
  layout.makeFolder(to);
  if (layout.readMark(to)) {
    layout.listBackups(to);
    return;
  }
  const names = layout.namesIn(to).filter((name) => !name.startsWith('lock.sqlite'));
  if (names.length > 0) throw new McError('mc:backup:place', `${to} is neither empty nor a folder of backups: there is ${names[0] ?? ''}`);
}

function lockPlace(to: string): { release(): void } {
  try {
    return lockFolder(to);
  } catch (cause) {
    if (hasCode(cause, 'mc:host:data-dir-in-use')) throw new McError('mc:backup:busy', `another backup into ${to} is under way`, { cause });
    throw cause;
  }
}

async function writeDraft(deps: BackupDeps, options: BackupOptions): Promise<{ facts: BackupFacts; newBytes: number }> {
  const { dataDir, to, passphrase, onStep } = options;
  const before = newestBlobs(to);
  const draft = layout.draftIn(to);
  const keys = readKeys(join(dataDir, 'keys'));
  // What a killed backup left behind; its objects are of use to this one.
  rmSync(draft, { recursive: true, force: true });
  layout.makeFolder(draft);
  layout.makeFolder(layout.objectsIn(to));
  const blobs = { from: join(dataDir, 'blobs'), to, before };
  await onStep?.('blobs');
  const early = await copyBlobs({ ...blobs, taken: new Map() });
  await onStep?.('table');
  // What waits for the log would get another proof in the log of a restored home.
  await deps.home.integrate();
  // Before the table is copied, so that the time in the id does not say that a state is younger than it is.
  const id = nextId(deps, to);
  const table = await copyTable(join(dataDir, 'table.sqlite'), join(draft, layout.backupFiles.table), () => deps.clock.now());
  markPlace(to, table.logOrigin);
  await onStep?.('late-blobs');
  const late = await copyBlobs({ ...blobs, taken: byPath(early.blobs) });
  await onStep?.('keys');
  const facts = await describe(deps, {
    id,
    draft,
    table,
    passphrase,
    keys,
    blobs: [...early.blobs, ...late.blobs],
  });
  await onStep?.('statement');
  requireSameKeys(dataDir, facts);
  const bundle = await deps.home.state(facts);
  requireSameKeys(dataDir, facts);
  await writeDraftFile(draft, 'statement', `${JSON.stringify(bundle)}\n`);
  await syncFolder(draft);
  return { facts, newBytes: early.newBytes + late.newBytes };
}

/** Between its beginning and its end a rotation may have given up a key that the copied table needs, or signed with one that came since: nobody could restore that. */
function requireSameKeys(dataDir: string, { keys }: BackupFacts): void {
  try {
    checkKeys(readKeys(join(dataDir, 'keys')), keys);
  } catch (cause) {
    throw new McError('mc:backup:busy', 'the keys of the home changed while the backup was made; make it again', { cause });
  }
}

/** The newest backup has the last id, whatever the clock says: an earlier one would be pruned in its place, or restored. */
function nextId({ ids }: BackupDeps, to: string): Id<'bak'> {
  const id = ids.next('bak');
  const newest = layout.readMark(to) && layout.listBackups(to).at(-1);
  if (newest === undefined || id > newest) return id;
  const random = newest.length - randomLength;
  return `bak_${newest.slice('bak_'.length, random)}${incrementBase32(newest.slice(random))}`;
}

/** Whoever restores must not find the backups of two homes in one folder and take the wrong one. */
function markPlace(to: string, log: string): void {
  const mark = layout.readMark(to);
  if (!mark) writeFileSync(layout.markIn(to), `${JSON.stringify({ format: 1, log })}\n`, { mode: 0o600, flag: 'wx' });
  else if (mark.log !== log)
    throw new McError('mc:backup:place', `${to} holds backups of the home with the log ${mark.log}; this home has the log ${log}`);
}

interface Draft {
  id: Id<'bak'>;
  draft: string;
  table: TableCopy;
  blobs: readonly ListedBlob[];
  keys: ReturnType<typeof readKeys>;
  passphrase: string | null;
}

/** Writes the other files of the draft; answers what they are. */
async function describe(deps: BackupDeps, { id, draft, table, blobs, keys, passphrase }: Draft): Promise<BackupFacts> {
  const list = await writeDraftFile(draft, 'blobs', writeBlobList(blobs));
  const sealedKeys = passphrase === null ? null : await writeDraftFile(draft, 'keys', await sealKeys(keys, { passphrase, backup: id }));
  const copied = await readThrough(join(draft, layout.backupFiles.table));
  if (!copied) throw new McError('mc:backup:place', `${draft} was taken away while the backup was made`);
  const bytes = blobs.reduce((sum, { size }) => sum + size, 0);
  return {
    format: backupFormat,
    id,
    takenAt: isoTime(table.takenAt),
    program: deps.config.version,
    layout: table.layout,
    log: { origin: table.logOrigin, size: table.logHead?.size ?? 0, checkpoint: table.logHead?.published?.note ?? null },
    table: { digest: copied.digest, size: copied.size },
    blobs: { list, count: blobs.length, bytes },
    keys: [...keys].map(([path, key]) => ({ path, digest: digestBytes(key) })),
    sealedKeys,
  };
}

async function writeDraftFile(draft: string, name: keyof typeof layout.backupFiles, text: string): Promise<StoredFile> {
  const file = await open(join(draft, layout.backupFiles[name]), 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  return { digest: digestBytes(text), size: Buffer.byteLength(text) };
}

/** What the newest backup has; it only saves reading, so a list that cannot be read is none. */
function newestBlobs(to: string): KnownBlobs {
  const newest = layout.readMark(to) && layout.listBackups(to).at(-1);
  if (newest === undefined) return new Map();
  try {
    return byPath(readBlobList(readFileSync(join(layout.backupIn(to, newest), layout.backupFiles.blobs), 'utf8')));
  } catch {
    return new Map();
  }
}

function byPath(blobs: readonly ListedBlob[]): KnownBlobs {
  return new Map(blobs.map((blob) => [blob.path, blob]));
}
