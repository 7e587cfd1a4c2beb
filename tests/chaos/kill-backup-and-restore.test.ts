import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listBackups } from '../../shared/embedded/backup/backup-folder.ts';
import type { BackupStep } from '../../shared/embedded/backup/make-backup.ts';
import type { RestoreStep } from '../../shared/embedded/backup/restore-home.ts';
import { monitorLog } from '../../shared/log-monitor/monitor-log.ts';
import { openBackupScene, passphrase, type BackupScene } from '../support/backup/backup-scene.ts';
import { bareEnv } from '../support/cli/run-cli.ts';

const slowMs = 60_000;
const scenario = fileURLToPath(new URL('../support/backup/kill-scenario.ts', import.meta.url));
let scene: BackupScene;
beforeAll(async () => {
  scene = await openBackupScene();
  await scene.run(3);
  await scene.upload('a large file');
  await scene.backUp();
}, slowMs);
afterAll(() => scene.close());

/** The signal that ended the process. */
async function dieAt(what: 'backup' | 'restore', step: string): Promise<NodeJS.Signals | null> {
  const dataDir = what === 'backup' ? scene.engine.folder : scene.target;
  const child = spawn(process.execPath, [scenario, what, dataDir, scene.to, passphrase, step], { env: bareEnv(), stdio: 'inherit' });
  return new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
}

describe('kill -9 in the middle of a backup', () => {
  const steps: BackupStep[] = ['blobs', 'table', 'late-blobs', 'keys', 'statement', 'rename'];
  test.each(steps)(
    'before %s: no half backup is there, the home goes on, and the next backup is whole',
    async (step) => {
      const before = listBackups(scene.to);
      expect(await dieAt('backup', step)).toBe('SIGKILL');
      expect(listBackups(scene.to)).toEqual(before);
      await scene.run(1);
      expect((await monitorLog(scene.engine.home.deps)).differences).toEqual([]);
      const made = await scene.backUp();
      expect(existsSync(join(scene.to, 'backups', 'draft'))).toBe(false);
      await expect(scene.restore({ isDryRun: true })).resolves.toMatchObject({ backup: { id: made.id } });
    },
    slowMs,
  );
});

describe('kill -9 in the middle of a restore', () => {
  const steps: RestoreStep[] = ['verify', 'table', 'blobs', 'check', 'log', 'statement', 'rename'];
  test.each(steps)(
    'before %s: there is no home, and the next restore is whole',
    async (step) => {
      rmSync(scene.target, { recursive: true, force: true });
      expect(await dieAt('restore', step)).toBe('SIGKILL');
      expect(existsSync(scene.target)).toBe(false);
      const restored = await scene.restore();
      expect(restored.home?.statements).toBeGreaterThanOrEqual(3);
      expect(existsSync(`${scene.target}.restoring`)).toBe(false);
      const home = await scene.open();
      await home.close();
    },
    slowMs,
  );
});
