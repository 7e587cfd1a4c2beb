/** A home with runs and large blobs, a folder for its backups and one to restore into. */
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { homeOverStores } from '../../../cli/host/backed-up-home.ts';
import { openHomeStores } from '../../../cli/host/home-stores.ts';
import { openEmbeddedHome, type EmbeddedHome } from '../../../cli/host/embedded-deps.ts';
import { SimulatedRunner } from '../../../runner/simulated/simulated-runner.ts';
import { uploadFile } from '../../../shared/execution/admit/input-files.ts';
import { makeBackup, type BackupMade, type BackupOptions } from '../../../shared/embedded/backup/make-backup.ts';
import { restoreHome, type Restored, type RestoreOptions } from '../../../shared/embedded/backup/restore-home.ts';
import { ulidIds } from '../../../shared/embedded/ulid-ids.ts';
import { openEngine, type Engine } from '../open-engine.ts';

export const passphrase = 'correct horse battery staple';

const oneTask = "name: one\nversion: 1.0.0\nregion: US\ntasks: [{ id: only, uses: 'pkg:demo/echo@1.0.0', with: { n: 1 } }]\n";

export interface BackupScene {
  engine: Engine;
  /** The folder of backups. */
  to: string;
  /** Where homes are restored; nothing is there. */
  target: string;
  /** Finishes so many runs, and answers their ids. */
  run(count: number): Promise<string[]>;
  /** Uploads a file that is too large for a row of the table. */
  upload(content: string): Promise<string>;
  /** With a clock that is ahead by so many milliseconds. */
  backUp(options?: Partial<BackupOptions>, aheadMs?: number): Promise<BackupMade>;
  restore(options?: Partial<RestoreOptions>): Promise<Restored>;
  /** Starts the restored home. */
  open(): Promise<EmbeddedHome>;
  /** A copy of the backups that may be spoiled. */
  copyBackups(): string;
  close(): Promise<void>;
}

const largeBytes = 200_000;

export async function openBackupScene(): Promise<BackupScene> {
  const engine = await openEngine({ hasOwnKeys: true });
  await engine.publish(oneTask);
  const place = mkdtempSync(join(tmpdir(), 'mc-backup-'));
  const [to, target] = [join(place, 'backups'), join(place, 'restored')];
  const backUp: BackupScene['backUp'] = async (options = {}, aheadMs = 0) => {
    const stores = await openHomeStores(engine.folder);
    const clock = { ...stores.clock, now: () => stores.clock.now() + aheadMs };
    const deps = { ...stores, clock, ids: ulidIds(clock), home: homeOverStores(stores) };
    try {
      return await makeBackup(deps, { dataDir: engine.folder, to, passphrase, ...options });
    } finally {
      stores.close();
    }
  };
  let copies = 0;
  return {
    engine,
    to,
    target,
    backUp,
    run: async (count) => {
      const ids: string[] = [];
      for (let at = 0; at < count; at += 1) ids.push((await engine.start({ workflow: 'one' })).id);
      for (const id of ids) await engine.finish(id);
      return ids;
    },
    upload: async (content) => {
      const bytes = Buffer.alloc(largeBytes, content);
      return (await uploadFile(engine.home.deps, engine.actor, { name: 'large.bin', bytes })).digest;
    },
    restore: (options = {}) => restoreHome({ from: to, keys: { passphrase }, dataDir: target, openStores: openHomeStores, ...options }),
    open: () => openEmbeddedHome({ dataDir: target, runner: new SimulatedRunner(), log: () => undefined }),
    copyBackups: () => {
      const copy = join(place, `copy-${(copies += 1)}`);
      cpSync(to, copy, { recursive: true });
      return copy;
    },
    close: async () => {
      await engine.close();
      rmSync(place, { recursive: true, force: true });
    },
  };
}

/** Every file below a folder. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .toSorted();
}
