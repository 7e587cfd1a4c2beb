import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { clearPointer, runningDataDir, writePointer } from '../../../cli/host/home-pointer.ts';

let env: NodeJS.ProcessEnv;
let file: string;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'mc-pointer-'));
  env = { XDG_DATA_HOME: folder };
  file = join(folder, 'maestro-conductor', 'running-home.json');
});
afterEach(() => rmSync(String(env['XDG_DATA_HOME']), { recursive: true }));

describe('the pointer to a running home', () => {
  test('names its data folder while its process lives, for this user only', () => {
    writePointer('/data/here', env);
    expect(runningDataDir(env)).toBe('/data/here');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('is not followed when MC_DATA_DIR names a folder', () => {
    writePointer('/data/here', env);
    expect(runningDataDir({ ...env, MC_DATA_DIR: '/data/there' })).toBeUndefined();
  });

  test('lies in the same place whatever MC_DATA_DIR says', () => {
    writePointer('/data/here', { ...env, MC_DATA_DIR: '/data/here' });
    expect(runningDataDir(env)).toBe('/data/here');
  });

  test('is not followed when its process is gone', () => {
    writePointer('/data/here', env);
    writeFileSync(file, JSON.stringify({ dataDir: '/data/here', pid: 2 ** 22 + 1 }));
    expect(runningDataDir(env)).toBeUndefined();
  });

  test.each(['', '{', '{"pid":1}', '[]'])('is nothing when its file holds %j', (text) => {
    writePointer('/data/here', env);
    writeFileSync(file, text);
    expect(runningDataDir(env)).toBeUndefined();
  });

  test('is taken away at the end, but not when another home has put its own there', () => {
    writePointer('/data/here', env);
    clearPointer(env);
    expect(runningDataDir(env)).toBeUndefined();
    writePointer('/data/here', env);
    writeFileSync(file, JSON.stringify({ dataDir: '/data/other', pid: process.ppid }));
    clearPointer(env);
    expect(runningDataDir(env)).toBe('/data/other');
  });
});
