import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { readText } from '../../cli/command-options.ts';
import { readBackupPlan } from '../../cli/commands/backup/read-backup-plan.ts';

const to = mkdtempSync(join(tmpdir(), 'mc-plan-'));
const file = join(to, 'file');
writeFileSync(file, '');
afterAll(() => rmSync(to, { recursive: true }));

test('a home backs itself up every ten minutes and keeps six, unless it is told otherwise', () => {
  expect(readBackupPlan({ backupKeys: true })).toBeUndefined();
  expect(readBackupPlan({ backupTo: to, backupKeys: false })).toEqual({ to, everyMs: 600_000, keep: 6, passphraseFile: null });
  const told = { backupTo: to, backupKeys: false, backupEvery: '2h', backupKeep: '50' };
  expect(readBackupPlan(told)).toEqual({ to, everyMs: 7_200_000, keep: 50, passphraseFile: null });
});

test.each([
  [{ backupKeep: '0' }, 'mc:cli:usage', '--backup-keep got "0"; allowed is a number from 1 to 10000'],
  [{ backupEvery: '1s' }, 'mc:cli:usage', '--backup-every got "1s"; allowed are times from 10s to 24h'],
  [{ backupEvery: '10m' }, 'mc:cli:usage', 'Say with --backup-to'],
  [{ backupKeep: '6' }, 'mc:cli:usage', 'Say with --backup-to'],
  [{ backupTo: '', backupKeys: false }, 'mc:cli:usage', '--backup-to got ""'],
  [{ backupTo: file, backupKeys: false }, 'mc:backup:place', `${file} is a file`],
  [{ backupTo: join(to, 'none'), backupKeys: false }, 'mc:backup:not-found', 'mount the disk'],
])('%j is refused, whatever else is missing', (options, code, said) => {
  expect(() => readBackupPlan({ backupKeys: true, ...options })).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(said) }),
  );
});

test('an option that got nothing, or only blanks, is refused', () => {
  expect(readText('--host', '::1')).toBe('::1');
  for (const text of ['', ' \t'])
    expect(() => readText('--host', text)).toThrow(
      expect.objectContaining({ code: 'mc:cli:usage', message: expect.stringContaining('--host got') }),
    );
});
