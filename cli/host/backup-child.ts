/**
 * The child that a home starts for its backup. It reads the table and the blobs, and leaves every write to the home. Argument: what is to be done, as JSON. It tells the
 * home how it ended.
 */
import { z } from 'zod';
import { makeBackup } from '../../shared/embedded/backup/make-backup.ts';
import { systemClock } from '../../shared/embedded/system-clock.ts';
import { ulidIds } from '../../shared/embedded/ulid-ids.ts';
import { readPassphrase } from '../commands/backup/passphrase.ts';
import { programVersion } from '../program-version.ts';
import { homeOverParent } from './backed-up-home.ts';

const Task = z.strictObject({ dataDir: z.string(), to: z.string(), keep: z.int().positive(), passphraseFile: z.string().nullable() });

process.umask(0o077);
// Without its home there is nobody to sign.
process.once('disconnect', () => process.exit(1));
const { passphraseFile, ...task } = Task.parse(JSON.parse(process.argv[2] ?? ''));
const deps = { clock: systemClock, ids: ulidIds(systemClock), config: { version: programVersion() }, home: homeOverParent() };
try {
  const passphrase = passphraseFile === null ? null : (readPassphrase(passphraseFile) ?? null);
  const { id, tookMs, takenAt, newBytes } = await makeBackup(deps, { ...task, passphrase });
  process.send?.({ done: { id, tookMs, takenAt, newBytes } }, () => process.exit(0));
} catch (error) {
  process.send?.({ failed: error instanceof Error ? error.message : String(error) }, () => process.exit(1));
}
