/** Backs up or restores, and kills itself with SIGKILL before a step. Arguments: backup|restore, data folder, folder of backups, passphrase, step. */
import { homeOverStores } from '../../../cli/host/backed-up-home.ts';
import { openHomeStores } from '../../../cli/host/home-stores.ts';
import { makeBackup } from '../../../shared/embedded/backup/make-backup.ts';
import { restoreHome } from '../../../shared/embedded/backup/restore-home.ts';

const [what = '', dataDir = '', folder = '', passphrase = '', fatal = ''] = process.argv.slice(2);
const onStep = (step: string): void => {
  if (step === fatal) process.kill(process.pid, 'SIGKILL');
};

if (what === 'backup') {
  const stores = await openHomeStores(dataDir);
  await makeBackup({ ...stores, home: homeOverStores(stores) }, { dataDir, to: folder, passphrase, onStep });
} else await restoreHome({ from: folder, dataDir, keys: { passphrase }, openStores: openHomeStores, onStep });
