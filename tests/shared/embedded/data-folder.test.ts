import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openEmbeddedHome, type EmbeddedHome } from '../../../cli/host/embedded-deps.ts';
import { logIdentity } from '../../../shared/log/log-identity.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { SimulatedRunner } from '../../../runner/simulated/simulated-runner.ts';

let parent: string;
let dataDir: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'mc-folder-'));
  dataDir = join(parent, 'data');
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const open = (path = dataDir): Promise<EmbeddedHome> =>
  openEmbeddedHome({ dataDir: path, runner: new SimulatedRunner(), log: () => undefined });

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

/** Everything below a folder that others may read or enter. */
const openToOthers = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => (statSync(join(folder, name)).mode & 0o077) !== 0);

describe('the data folder', () => {
  test('is made for its user alone, and so is all that a home puts there, whatever the umask', async () => {
    const umask = process.umask(0);
    try {
      const home = await open();
      await home.deps.blobs.put(TenantId.parse('acme'), 'data', new Uint8Array(100_000));
      const others = openToOthers(dataDir);
      await home.close();
      expect([modeOf(dataDir), others]).toEqual(['700', []]);
      expect(readdirSync(dataDir)).toEqual(expect.arrayContaining(['blobs', 'keys', 'lock.sqlite', 'table.sqlite']));
    } finally {
      process.umask(umask);
    }
  });

  test.each(['0755', '0750', '0701'])('of mode %s is refused before anything is written, with the command that mends it', async (mode) => {
    mkdirSync(dataDir);
    chmodSync(dataDir, mode);
    const message = expect.stringMatching(new RegExp(`mode ${mode}.*allowed is 0700: chmod 700 '${dataDir}'`));
    await expect(open()).rejects.toMatchObject({ code: 'mc:host:data-dir-open', message });
    expect(readdirSync(dataDir)).toEqual([]);
  });

  test('of a home whose table others could read is mended', async () => {
    await (await open()).close();
    chmodSync(join(dataDir, 'table.sqlite'), 0o644);
    const home = await open();
    expect(openToOthers(dataDir)).toEqual([]);
    await home.close();
  });

  test('that is a file, below a file, or where nobody makes folders, is refused', async () => {
    writeFileSync(dataDir, 'mine');
    await expect(open()).rejects.toMatchObject({ message: `${dataDir} cannot be opened for writing: a file stands there already` });
    for (const path of [dataDir, join(dataDir, 'below'), '/sys/maestro']) {
      await expect(open(path)).rejects.toMatchObject({ code: 'mc:host:data-dir-unusable', message: expect.stringContaining(path) });
    }
  });

  test('with a file of it that is no file is refused', async () => {
    mkdirSync(join(dataDir, 'table.sqlite'), { recursive: true, mode: 0o700 });
    await expect(open()).rejects.toMatchObject({ code: 'mc:host:data-dir-unusable', message: expect.stringContaining('table.sqlite') });
  });

  const unprivileged = process.getuid?.() === 0 ? test.skip : test; // Root may write everywhere.
  unprivileged('that is read-only is refused', async () => {
    mkdirSync(dataDir, { mode: 0o500 });
    await expect(open()).rejects.toMatchObject({ code: 'mc:host:data-dir-unusable' });
  });

  test.each([
    ['another file', 'x'.repeat(10_000)],
    ['a database cut off after its header', 'SQLite format 3\0'.padEnd(100, '\x10')],
  ])('whose table is %s is refused as damaged, left as it is, and free again', async (_, content) => {
    await (await open()).close();
    const table = join(dataDir, 'table.sqlite');
    for (const name of ['table.sqlite', 'table.sqlite-wal', 'table.sqlite-shm']) rmSync(join(dataDir, name), { force: true });
    writeFileSync(table, content, { mode: 0o600 });
    await expect(open()).rejects.toMatchObject({ code: 'mc:store:damaged', message: expect.stringContaining(table) });
    expect(statSync(table).size).toBe(content.length);
    await expect(open()).rejects.toMatchObject({ code: 'mc:store:damaged' }); // And not: in use.
  });
});

describe('the key that signs receipts', () => {
  const keyFile = (): string => join(dataDir, 'keys', 'receipt-signer.pem');
  const keyIdOf = async (home: EmbeddedHome): Promise<string> => (await home.deps.signer.publicKey()).keyId;

  test('is made once and is the same ever after', async () => {
    const first = await open();
    const keyId = await keyIdOf(first);
    await first.close();
    const second = await open();
    expect(await keyIdOf(second)).toBe(keyId);
    await second.close();
  });

  test('is never replaced by a new one when its file is lost', async () => {
    const home = await open();
    const keyId = await keyIdOf(home);
    await home.close();
    rmSync(keyFile());
    const refusal = { code: 'mc:key:unreadable', message: expect.stringContaining(keyId) };
    await expect(open()).rejects.toMatchObject(refusal);
    await expect(open()).rejects.toMatchObject(refusal);
    expect(existsSync(keyFile())).toBe(false);
  });

  test('is not taken from a file that holds another one', async () => {
    await (await open()).close();
    const other = join(parent, 'other');
    await (await open(other)).close();
    copyFileSync(join(other, 'keys', 'receipt-signer.pem'), keyFile());
    await expect(open()).rejects.toMatchObject({ code: 'mc:key:unreadable', message: expect.stringContaining('but this home signs with') });
  });
});

describe('the key of the transparency log', () => {
  const keyFile = (folder = dataDir): string => join(folder, 'keys', 'log.pem');
  const originOf = async (home: EmbeddedHome): Promise<string> => logIdentity(await home.deps.logKey.publicKey()).origin;

  test('is made once and is the same ever after, and never replaced by a new one when its file is lost', async () => {
    const first = await open();
    const origin = await originOf(first);
    await first.close();
    const second = await open();
    expect(await originOf(second)).toBe(origin);
    await second.close();
    rmSync(keyFile());
    await expect(open()).rejects.toMatchObject({ code: 'mc:key:unreadable', message: expect.stringContaining(origin) });
    expect(existsSync(keyFile())).toBe(false);
  });

  test('is not taken from a file that holds another one, or one of another kind', async () => {
    await (await open()).close();
    const other = join(parent, 'other');
    await (await open(other)).close();
    copyFileSync(keyFile(other), keyFile());
    await expect(open()).rejects.toMatchObject({
      code: 'mc:key:unreadable',
      message: expect.stringContaining('but this home keeps its log with'),
    });
    copyFileSync(join(dataDir, 'keys', 'receipt-signer.pem'), keyFile());
    await expect(open()).rejects.toMatchObject({ code: 'mc:key:unreadable', message: expect.stringContaining('is not Ed25519') });
  });
});
