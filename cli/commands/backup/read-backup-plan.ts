import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { McError } from '../../../shared/core/errors.ts';
import { readText } from '../../command-options.ts';
import type { BackupPlan } from '../../host/backup-keeper.ts';
import { readWhole } from '../../read-whole.ts';
import { keptBackups } from './backup.ts';
import { readPassphrase } from './passphrase.ts';

interface PlanOptions {
  backupTo?: string;
  backupEvery?: string;
  backupKeep?: string;
  backupPassphraseFile?: string;
  backupKeys: boolean;
}

const units = { s: 1_000, m: 60_000, h: 3_600_000 } as const;
/** A copy of the table takes seconds; what is backed up more often does nothing else. */
const [leastMs, mostMs] = [10_000, 24 * units.h];

/** How a home backs itself up; undefined when nobody asked for it. Throws `mc:cli:usage` for what cannot work, before the home starts. */
export function readBackupPlan(options: PlanOptions): BackupPlan | undefined {
  const { backupTo, backupEvery, backupKeep, backupPassphraseFile, backupKeys } = options;
  const everyMs = readEvery(backupEvery ?? '10m');
  const keep = readWhole('--backup-keep', backupKeep ?? '6', keptBackups);
  if (backupTo === undefined) {
    const isAsked = [backupEvery, backupKeep, backupPassphraseFile].some((given) => given !== undefined) || !backupKeys;
    if (!isAsked) return undefined;
    throw new McError('mc:cli:usage', 'Say with --backup-to where the backups go.');
  }
  if ((backupPassphraseFile === undefined) === backupKeys)
    throw new McError(
      'mc:cli:usage',
      'Say what becomes of the keys, without which a backup cannot be read: --backup-passphrase-file FILE seals them into it, --no-backup-keys leaves them out.',
    );
  readPassphrase(backupPassphraseFile);
  const to = resolve(readText('--backup-to', backupTo));
  // A disk that is not mounted must not be made up for by a folder of its name on the disk that is to be saved.
  const there = statSync(to, { throwIfNoEntry: false });
  if (!there) throw new McError('mc:backup:not-found', `There is no ${to}; make the folder, or mount the disk it is on.`);
  if (!there.isDirectory()) throw new McError('mc:backup:place', `${to} is a file; --backup-to takes the folder of backups.`);
  return {
    to,
    everyMs,
    keep,
    passphraseFile: backupPassphraseFile === undefined ? null : resolve(backupPassphraseFile),
  };
}

function readEvery(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,5})([smh])$/.exec(text) ?? [];
  const ms = unit === 's' || unit === 'm' || unit === 'h' ? Number(count) * units[unit] : Number.NaN;
  if (ms >= leastMs && ms <= mostMs) return ms;
  throw new McError('mc:cli:usage', `--backup-every got ${JSON.stringify(text)}; allowed are times from 10s to 24h, such as 10m.`);
}
