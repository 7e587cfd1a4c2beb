/** The keys of the authorities of the embedded home: made when they are needed, private, and always the same. */
import { chmodSync, existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { authorityKeyFiles } from '../../../shared/embedded/keys/authority-key-files.ts';
import { homeTrustedRoot } from '../../../shared/identity/home-trusted-root.ts';
import { buildDeps, type TestHome } from '../../support/build-deps.ts';

let home: TestHome;
let folder: string;
beforeEach(() => {
  home = buildDeps();
  folder = mkdtempSync(join(tmpdir(), 'mc-authority-'));
});
afterEach(() => {
  home.close();
  rmSync(folder, { recursive: true, force: true });
});

const fileOf = (role: string): string => join(folder, `authority-${role}.pem`);
const rootOf = async (): Promise<string> =>
  JSON.stringify(await homeTrustedRoot({ ...home.deps, authority: authorityKeyFiles(home.table, folder) }));

test('are three files of mode 0600, made when a trusted root is first asked for, and the root outlives the process', async () => {
  expect(existsSync(fileOf('certificates'))).toBe(false);
  const root = await rootOf();
  for (const role of ['certificates', 'timestamps', 'promises']) expect(statSync(fileOf(role)).mode & 0o777).toBe(0o600);
  expect(await rootOf()).toBe(root);
});

test('that are gone, of another home, or readable for others are refused and never made anew', async () => {
  await rootOf();
  const sign = (): Promise<unknown> => authorityKeyFiles(home.table, folder).certificates.sign(Buffer.from('x'));
  renameSync(fileOf('certificates'), fileOf('kept'));
  await expect(sign()).rejects.toMatchObject({ code: 'mc:key:unreadable' });
  expect(existsSync(fileOf('certificates'))).toBe(false);
  renameSync(fileOf('timestamps'), fileOf('certificates'));
  await expect(sign()).rejects.toMatchObject({ code: 'mc:key:unreadable' });
  renameSync(fileOf('kept'), fileOf('certificates'));
  chmodSync(fileOf('certificates'), 0o644);
  await expect(sign()).rejects.toMatchObject({ code: 'mc:key:unreadable' });
});

test('that could not be opened once may be there the next time', async () => {
  const keys = authorityKeyFiles(home.table, folder);
  await rootOf();
  chmodSync(fileOf('certificates'), 0o644);
  await expect(keys.certificates.publicKey()).rejects.toMatchObject({ code: 'mc:key:unreadable' });
  chmodSync(fileOf('certificates'), 0o600);
  expect((await keys.certificates.publicKey()).pem).toContain('BEGIN PUBLIC KEY');
});
