import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { makeBackup } from '../../../shared/embedded/backup/make-backup.ts';
import { McError } from '../../../shared/core/errors.ts';
import { describeCommand } from '../../command-options.ts';
import { defaultDataDir } from '../../data-dir.ts';
import { readWhole } from '../../read-whole.ts';
import { paint } from '../../terminal/paint.ts';
import { printResult, type OutputOptions } from '../../terminal/report.ts';
import { byteSize } from '../../terminal/units.ts';
import { readPassphrase } from './passphrase.ts';

type BackupOptions = OutputOptions & { to: string; dataDir?: string; passphraseFile?: string; keys: boolean; keep?: string };

/** Makes a backup of the embedded home on this machine, whether it runs or not. */
export function addBackup(program: Command): void {
  const command = program
    .command('backup')
    .description('make a backup of the home on this machine, whether it runs or not; signed, logged, and only what is new since the last')
    .requiredOption('--to <folder>', 'folder of backups: empty, or with backups of the same home')
    .option('--data-dir <folder>', 'data folder of the home (default: MC_DATA_DIR, else that of this user)')
    .option('--passphrase-file <file>', 'file with the passphrase that the keys of the home are sealed with in the backup')
    .option('--no-keys', 'leave the keys out: nobody can restore without the key files, which you then keep elsewhere');
  command.option('--keep <n>', 'take older backups away, so that n are left (default: all are kept)');
  describeCommand(command, [
    { line: 'maestro backup --to /mnt/backups --passphrase-file ~/.mc-passphrase', meaning: 'everything that a restore needs' },
    { line: 'maestro backup --to /mnt/backups --no-keys', meaning: 'without the keys, which lie in a safe' },
  ]).action(backUp);
}

async function backUp(options: BackupOptions): Promise<void> {
  process.umask(0o077);
  const passphrase = readPassphrase(options.passphraseFile);
  if ((passphrase === undefined) === options.keys)
    throw new McError(
      'mc:cli:usage',
      'Say what becomes of the keys, without which a backup cannot be read: --passphrase-file FILE seals them into it, --no-keys leaves them out.',
    );
  const keep = options.keep === undefined ? undefined : readWhole('--keep', options.keep, keptBackups);
  const dataDir = resolve(options.dataDir ?? defaultDataDir());
  if (!existsSync(join(dataDir, 'table.sqlite'))) throw new McError('mc:backup:not-found', `No home has ever run on ${dataDir}.`);
  // Loaded here, so that other commands start without it.
  const [{ openHomeStores }, { homeOverStores }] = await Promise.all([
    import('../../host/home-stores.ts'),
    import('../../host/backed-up-home.ts'),
  ]);
  const stores = await openHomeStores(dataDir);
  try {
    const made = await makeBackup(
      { ...stores, home: homeOverStores(stores) },
      {
        dataDir,
        to: resolve(options.to),
        passphrase: passphrase ?? null,
        keep,
      },
    );
    const { facts, ...rest } = made;
    printResult(
      options,
      { ...rest, table: facts.table, blobs: facts.blobs, keys: facts.sealedKeys ? 'sealed' : 'left out', log: facts.log },
      () =>
        [
          `${paint(['bold', 'green'], '✔ backed up')} ${made.id}`,
          `  state     of ${made.takenAt}`,
          `  table     ${byteSize(facts.table.size)}`,
          `  blobs     ${String(facts.blobs.count)} of ${byteSize(facts.blobs.bytes)}, ${byteSize(made.newBytes)} of them new`,
          `  keys      ${facts.sealedKeys ? 'sealed with the passphrase' : 'LEFT OUT: without the files of keys/ nobody can restore this'}`,
          `  log       ${String(facts.log.size)} entries of ${facts.log.origin}`,
          `  in        ${made.folder}`,
        ].join('\n'),
    );
  } finally {
    stores.close();
  }
}

/** How many backups an option keeps at least and at most: far more than anybody looks through, each with a whole table. */
export const keptBackups = { least: 1, most: 10_000 } as const;
