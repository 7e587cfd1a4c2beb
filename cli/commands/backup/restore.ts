import { resolve } from 'node:path';
import type { Command } from 'commander';
import { McError } from '../../../shared/core/errors.ts';
import type { KeySource } from '../../../shared/embedded/backup/open-backup.ts';
import { applyDeletionManifest } from '../../../shared/retention/reapply-purge.ts';
import { readSmallFile } from '../../read-small-file.ts';
import { restoreHome, type HomeStores, type Restored } from '../../../shared/embedded/backup/restore-home.ts';
import { describeCommand } from '../../command-options.ts';
import { paint } from '../../terminal/paint.ts';
import { printResult, type OutputOptions } from '../../terminal/report.ts';
import { byteSize } from '../../terminal/units.ts';
import { readTrustedKeys } from '../../verify/trusted-keys.ts';
import { readPassphrase } from './passphrase.ts';

type RestoreOptions = OutputOptions & {
  from: string;
  dataDir: string;
  backup?: string;
  passphraseFile?: string;
  keys?: string;
  tombstones?: string;
  key?: string;
  dryRun?: boolean;
};

/** Restores an embedded home from a backup, into a new data folder. */
export function addRestore(program: Command): void {
  const command = program
    .command('restore')
    .description('verify a backup and restore the home from it; exit 4 when anything in it is not what was backed up')
    .requiredOption('--from <folder>', 'folder of backups')
    .requiredOption('--data-dir <folder>', 'data folder of the restored home: empty, or not there')
    .option('--backup <id>', 'which backup (default: the newest)')
    .option('--passphrase-file <file>', 'file with the passphrase of the keys')
    .option('--keys <folder>', 'folder with the key files of the home, for a backup without keys')
    .option('--tombstones <file>', 'deletion manifests of after the backup, one a line: what they name is purged once more')
    .option(
      '--key <pem>',
      'public keys that the home got since the backup and signed such manifests with, as `maestro keys export` wrote them',
    )
    .option('--dry-run', 'verify the backup and write nothing');
  describeCommand(command, [
    { line: 'maestro restore --from /mnt/backups --data-dir ./data --passphrase-file ~/.mc-passphrase', meaning: 'the newest backup' },
    {
      line: 'maestro restore --from /mnt/backups --data-dir ./data --passphrase-file ~/.mc-passphrase --dry-run',
      meaning: 'does it verify?',
    },
    { line: 'maestro restore --from /mnt/backups --data-dir ./data --keys /media/safe/keys', meaning: 'with keys from elsewhere' },
  ]).action(restore);
}

async function restore(options: RestoreOptions): Promise<void> {
  process.umask(0o077);
  const keys = readKeySource(options);
  const manifests = readManifests(options.tombstones);
  if (options.key !== undefined && options.tombstones === undefined)
    throw new McError('mc:cli:usage', '--key says who signed what --tombstones names; a backup is verified with the keys of its home.');
  const laterKeys = options.key === undefined ? [] : readTrustedKeys(options.key);
  const dataDir = resolve(options.dataDir);
  const { openHomeStores } = await import('../../host/home-stores.ts'); // Loaded here, so that other commands start without it.
  const restored = await restoreHome({
    from: resolve(options.from),
    id: options.backup,
    keys,
    dataDir,
    isDryRun: options.dryRun === true,
    openStores: openHomeStores,
    amend: (stores) => purgeAgain(stores, manifests, laterKeys),
  });
  const { backup, home } = restored;
  const answer = {
    verified: true,
    restored: home !== null,
    dataDir: home && dataDir,
    backup: backup.id,
    takenAt: backup.takenAt,
    table: backup.table,
    blobs: backup.blobs,
    ...home,
  };
  printResult(options, answer, () => render(restored, dataDir));
}

/** Some thousand purges; each manifest names at most some hundred runs. */
const maxTombstonesBytes = 256 * 1024 * 1024;

function readManifests(file: string | undefined): unknown[] {
  if (file === undefined) return [];
  const lines = readSmallFile(file, maxTombstonesBytes).split('\n');
  return lines.flatMap((line, at): unknown[] => {
    if (line.trim() === '') return [];
    try {
      return [JSON.parse(line)];
    } catch (cause) {
      throw new McError('mc:cli:usage', `Line ${String(at + 1)} of ${file} is no JSON; each must be a deletion manifest.`, { cause });
    }
  });
}

/** What was purged after the backup must not come back with it. A manifest counts only when the home signed it, with a key of before or of after the backup. */
async function purgeAgain(stores: HomeStores, manifests: readonly unknown[], laterKeys: readonly string[]): Promise<void> {
  for (const manifest of manifests) await applyDeletionManifest(stores, manifest, laterKeys);
}

function readKeySource({ keys, passphraseFile }: RestoreOptions): KeySource {
  const passphrase = readPassphrase(passphraseFile);
  if ((keys === undefined) === (passphrase === undefined))
    throw new McError(
      'mc:cli:usage',
      'Name either the passphrase of the keys with --passphrase-file, or the folder of the key files with --keys.',
    );
  return keys === undefined ? { passphrase: passphrase ?? '' } : { folder: resolve(keys) };
}

function render({ backup, home }: Restored, dataDir: string): string {
  const state = [
    `  state     of ${backup.takenAt}; what came later is not in it`,
    `  table     ${byteSize(backup.table.size)}`,
    `  blobs     ${String(backup.blobs.count)} of ${byteSize(backup.blobs.bytes)}`,
  ];
  if (!home) return [`${paint(['bold', 'green'], '✔ verified')} ${backup.id}; nothing was written`, ...state].join('\n');
  const { endedLog, newLog } = home.statement;
  const lost = endedLog.knownSize - endedLog.size;
  return [
    `${paint(['bold', 'green'], '✔ restored')} ${backup.id}`,
    ...state,
    `  checked   ${String(home.entries)} entries of the log, ${String(home.statements)} signed statements`,
    `  old log   ${endedLog.origin} ended with ${String(endedLog.size)} entries${lost > 0 ? `; at least ${String(lost)} more are lost` : ''}`,
    `  new log   ${newLog.origin}: give the new trusted root to whoever verifies`,
    '',
    `  start it  maestro up --data-dir ${dataDir}`,
  ].join('\n');
}
