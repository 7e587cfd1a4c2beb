import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { clearPointer, runningDataDir, writePointer } from '../../../cli/host/home-pointer.ts';

let env: NodeJS.ProcessEnv;
let homes: string;
let file: string;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'mc-pointer-'));
  env = { XDG_DATA_HOME: folder };
  homes = join(folder, 'maestro-conductor', 'running-homes');
  file = join(homes, `${process.pid}.json`);
});
afterEach(() => rmSync(String(env['XDG_DATA_HOME']), { recursive: true }));

/** The pointer that the home of another process has written. */
const point = (pid: number, dataDir: string, startedAt: number): void =>
  writeFileSync(join(homes, `${pid}.json`), JSON.stringify({ dataDir, pid, startedAt }));

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

  test('is not followed when its process is gone, and is taken away by the next start', () => {
    mkdirSync(homes, { recursive: true });
    point(2 ** 22 + 1, '/data/here', 1);
    expect(runningDataDir(env)).toBeUndefined();
    writePointer('/data/there', env);
    expect(readdirSync(homes)).toEqual([`${process.pid}.json`]);
  });

  test.each(['', '{', '{"pid":1}', '[]'])('is nothing when its file holds %j', (text) => {
    writePointer('/data/here', env);
    writeFileSync(file, text);
    expect(runningDataDir(env)).toBeUndefined();
  });

  test('of the newest home counts, and when that one stops, of the one before', () => {
    writePointer('/data/newer', env);
    point(process.ppid, '/data/older', 1);
    expect(runningDataDir(env)).toBe('/data/newer');
    clearPointer(env);
    expect(runningDataDir(env)).toBe('/data/older');
  });

  test('of a newer home outlives the stop of an older one', () => {
    writePointer('/data/older', env);
    point(process.ppid, '/data/newer', Date.now() + 1_000);
    expect(runningDataDir(env)).toBe('/data/newer');
    clearPointer(env);
    expect(runningDataDir(env)).toBe('/data/newer');
  });
});
