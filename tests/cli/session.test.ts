import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openSession } from '../../cli/session.ts';

describe('the session', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'maestro-session-'));
  const nowhere = { XDG_DATA_HOME: join(dataDir, 'nothing') };
  beforeAll(() => {
    writeFileSync(join(dataDir, 'login.json'), JSON.stringify({ url: 'http://127.0.0.1:4000', token: 'from-file' }));
  });
  afterAll(() => {
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('comes from the login file of the data folder', () => {
    const session = {
      url: 'http://127.0.0.1:4000',
      token: 'from-file',
      source: join(dataDir, 'login.json'),
      tokenSource: join(dataDir, 'login.json'),
    };
    expect(openSession({ dataDir }, nowhere)).toEqual(session);
    expect(openSession({}, { ...nowhere, MC_DATA_DIR: dataDir })).toEqual(session);
  });

  test('takes options before the environment, and the environment before the file', () => {
    const env = { ...nowhere, MC_DATA_DIR: dataDir, MC_URL: 'http://env', MC_TOKEN: 'env' };
    expect(openSession({}, env)).toMatchObject({ url: 'http://env', token: 'env', tokenSource: 'MC_TOKEN' });
    expect(openSession({ url: 'http://option/', token: 'option' }, env)).toMatchObject({
      url: 'http://option',
      token: 'option',
      tokenSource: '--token',
    });
  });

  test.each(['MC_URL', 'MC_TOKEN'])('is not opened with an empty %s, which would speak as somebody else', (name) => {
    expect(() => openSession({ dataDir }, { ...nowhere, [name]: '' })).toThrow(
      expect.objectContaining({ code: 'mc:cli:usage', message: expect.stringContaining(`unset ${name}`) }),
    );
  });

  test('never shows the token of one home to another', () => {
    expect(openSession({ dataDir, url: 'http://evil.example' }, nowhere)).toMatchObject({ token: undefined, tokenSource: undefined });
    for (const url of ['http://127.0.0.1:4001', 'https://127.0.0.1:4000', 'http://127.0.0.1:4000/other', 'http://localhost.example:4000']) {
      expect(openSession({ dataDir, url }, nowhere).token).toBeUndefined();
    }
    expect(openSession({ dataDir, url: 'http://127.0.0.1:4000/' }, nowhere).token).toBe('from-file');
    expect(openSession({ dataDir, url: 'http://localhost:4000' }, nowhere).token).toBe('from-file');
  });

  test('says where it looked when no home is known', () => {
    const open = (): unknown => openSession({}, nowhere);
    expect(open).toThrow(expect.objectContaining({ code: 'mc:host:unreachable', message: expect.stringContaining(nowhere.XDG_DATA_HOME) }));
  });

  test('refuses what is no URL and a login file that is damaged', () => {
    expect(() => openSession({ url: 'localhost' }, nowhere)).toThrow(expect.objectContaining({ code: 'mc:cli:usage' }));
    expect(() => openSession({ url: 'ftp://x' }, nowhere)).toThrow(expect.objectContaining({ code: 'mc:cli:usage' }));
    const damaged = mkdtempSync(join(dataDir, 'damaged-'));
    writeFileSync(join(damaged, 'login.json'), '{"url":');
    expect(() => openSession({ dataDir: damaged }, nowhere)).toThrow(expect.objectContaining({ code: 'mc:cli:file-unreadable' }));
  });
});
