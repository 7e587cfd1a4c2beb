import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { makeFolders } from '../../../shared/embedded/make-folders.ts';

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'mc-folders-'));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

describe('folders', () => {
  test('are made with those above them, all of this mode, and taken when they are there', () => {
    const path = join(parent, 'a', 'b', 'c');
    makeFolders(path, 0o700);
    makeFolders(path, 0o700);
    expect(['a', 'a/b', 'a/b/c'].map((name) => statSync(join(parent, name)).mode & 0o777)).toEqual([0o700, 0o700, 0o700]);
  });

  test('are not made in the place of a file or below one', () => {
    const file = join(parent, 'file');
    writeFileSync(file, 'mine');
    expect(() => makeFolders(file)).toThrow(expect.objectContaining({ code: 'EEXIST' }));
    expect(() => makeFolders(join(file, 'a', 'b'))).toThrow(expect.objectContaining({ code: 'ENOTDIR' }));
  });

  const onLinux = process.platform === 'linux' ? test : test.skip;
  onLinux.each(['/proc/none', '/proc/none/a/b'])('are refused at once where the system takes none: %s', (path) => {
    const module = new URL('../../../shared/embedded/make-folders.ts', import.meta.url).href;
    const program = `import(${JSON.stringify(module)}).then(({ makeFolders }) => makeFolders(${JSON.stringify(path)})).catch(({ code }) => console.log(code))`;
    // In a process of its own, because what tries for ever cannot be stopped from within.
    const { stdout, signal } = spawnSync(process.execPath, ['--eval', program], { encoding: 'utf8', timeout: 20_000 });
    expect({ stdout: stdout.trim(), signal }).toEqual({ stdout: 'ENOENT', signal: null });
  });
});
