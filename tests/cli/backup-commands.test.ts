import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { listBackups } from '../../shared/embedded/backup/backup-folder.ts';
import { newestBackupAt } from '../../shared/embedded/backup/newest-backup.ts';
import { bareEnv, jsonOf, launcher, runCli } from '../support/cli/run-cli.ts';

const slowMs = 90_000;
const folder = mkdtempSync(join(tmpdir(), 'mc-backup-cli-'));
const env = { XDG_DATA_HOME: join(folder, 'share') };
const passphraseFile = join(folder, 'passphrase');
writeFileSync(passphraseFile, 'correct horse battery staple\n', { mode: 0o600 });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Home {
  url: string;
  stop(signal: NodeJS.Signals): Promise<unknown>;
}

async function up(...args: string[]): Promise<Home> {
  const child = spawn(process.execPath, [launcher, 'up', '--port', '0', '--warm', '0', '--json', ...args], {
    env: bareEnv(env),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const line = await new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
  const { url, pid } = z.object({ url: z.string(), pid: z.int() }).parse(JSON.parse(line));
  return { url, stop: (signal) => (process.kill(pid, signal), ended) };
}

const keysOf = async ({ url }: Home): Promise<string> => (await fetch(`${url}/api/keys`)).text();

describe('maestro backup and restore', () => {
  test(
    'bring a home that was killed back, under the same keys',
    async () => {
      const [dataDir, to, restored] = [join(folder, 'home'), join(folder, 'backups'), join(folder, 'restored')];
      const home = await up('--data-dir', dataDir);
      const keysBefore = await keysOf(home);
      const made = await runCli(['backup', '--to', to, '--data-dir', dataDir, '--passphrase-file', passphraseFile, '--json'], { env });
      expect(made).toMatchObject({ code: 0 });
      expect(jsonOf(made)).toMatchObject({ keys: 'sealed', id: expect.stringMatching(/^bak_/) });
      await home.stop('SIGKILL');

      const from = ['restore', '--from', to, '--data-dir', restored, '--passphrase-file', passphraseFile];
      const dry = await runCli([...from, '--dry-run'], { env });
      expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing was written') });
      expect(existsSync(restored)).toBe(false);
      const done = await runCli(from, { env });
      expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining('new log') });

      const again = await up('--data-dir', restored);
      try {
        expect(await keysOf(again)).toBe(keysBefore);
      } finally {
        await again.stop('SIGTERM');
      }
      expect(await runCli(from, { env })).toMatchObject({ code: 6, stderr: expect.stringContaining('mc:backup:place') });
    },
    slowMs,
  );

  test(
    'a running home backs itself up, keeps the newest, and says when it cannot',
    async () => {
      const [dataDir, to] = [join(folder, 'own'), join(folder, 'own-backups')];
      mkdirSync(to);
      const home = await up(
        '--data-dir',
        dataDir,
        '--backup-to',
        to,
        '--backup-passphrase-file',
        passphraseFile,
        '--backup-every',
        '10s',
        '--backup-keep',
        '1',
      );
      try {
        const first = await newest(to, undefined);
        const second = await newest(to, first);
        expect(second).not.toBe(first);
        await delay(500);
        expect(listBackups(to)).toEqual([second]);
        expect(newestBackupAt(to)).toBeGreaterThan(Date.now() - 60_000);
      } finally {
        await home.stop('SIGTERM');
      }
    },
    slowMs,
  );

  test(
    'without a word about the keys, with a wrong time or a folder that is not there: usage, before anything is done',
    async () => {
      const usage = async (args: string[], said: string): Promise<void> =>
        expect(await runCli(args, { env })).toMatchObject({ code: expect.any(Number), stdout: '', stderr: expect.stringContaining(said) });
      const to = join(folder, 'nothing');
      await usage(['backup', '--to', to], '--no-keys');
      await usage(['backup', '--to', to, '--no-keys', '--passphrase-file', passphraseFile], '--no-keys');
      await usage(['backup', '--to', to, '--no-keys', '--keep', '0'], '1 to 10000');
      await usage(['backup', '--to', to, '--no-keys', '--data-dir', to], 'No home has ever run');
      await usage(['restore', '--from', to, '--data-dir', to], '--passphrase-file');
      await usage(['restore', '--from', to, '--data-dir', to, '--passphrase-file', passphraseFile, '--key', 'mc.pub'], '--tombstones');
      await usage(['up', '--backup-to', to, '--no-backup-keys'], 'mount the disk');
      await usage(['up', '--backup-to', folder], '--backup-passphrase-file');
      await usage(['up', '--no-backup-keys'], '--backup-to');
      await usage(['up', '--backup-to', folder, '--no-backup-keys', '--backup-keep', '0'], '--backup-keep got "0"');
      await usage(['up', '--backup-to', folder, '--no-backup-keys', '--backup-every', '1s'], '10s to 24h');
      expect(existsSync(to)).toBe(false);
    },
    slowMs,
  );
});

async function newest(to: string, before: string | undefined): Promise<string> {
  for (let waited = 0; waited < 40_000; waited += 100) {
    const found = existsSync(join(to, 'home.json')) ? listBackups(to).at(-1) : undefined;
    if (found !== undefined && found !== before) return found;
    await delay(100);
  }
  throw new Error('no further backup was made');
}
