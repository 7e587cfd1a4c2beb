import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { keepBackups } from '../../../cli/host/backup-keeper.ts';
import { listBackups } from '../../../shared/embedded/backup/backup-folder.ts';
import { openBackupScene, passphrase, type BackupScene } from '../../support/backup/backup-scene.ts';

let scene: BackupScene;
const countOf = (): number => (existsSync(join(scene.to, 'home.json')) ? listBackups(scene.to).length : 0);
beforeEach(async () => {
  scene = await openBackupScene();
}, 60_000);
afterEach(() => scene.close());

test('a home goes on backing itself up when its clock is put back by a day', async () => {
  const { home, folder } = scene.engine;
  const passphraseFile = join(scene.to, '..', 'passphrase');
  writeFileSync(passphraseFile, passphrase, { mode: 0o600 });
  let behindMs = 0;
  const clock = { ...home.deps.clock, now: () => home.deps.clock.now() - behindMs };
  const keeper = keepBackups({ ...home.deps, clock }, folder, { to: scene.to, everyMs: 10_000, keep: 9, passphraseFile });
  const made = async (count: number) => {
    for (let waited = 0; waited < 30_000 && countOf() < count; waited += 100) await delay(100);
    expect(countOf()).toBeGreaterThanOrEqual(count);
  };
  try {
    await made(1);
    behindMs = 86_400_000;
    await made(2);
  } finally {
    await keeper.close();
  }
}, 90_000);
