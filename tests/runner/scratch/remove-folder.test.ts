import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { removeFolder } from '../../../runner/sandbox/scratch/remove-folder.ts';
import { makeDeep } from '../../support/deep-folder.ts';

const base = mkdtempSync(join(tmpdir(), 'mc-remove-'));
afterAll(() => removeFolder(base));

// Other systems take shorter paths, and some take no names that are not UTF-8.
const onLinux = process.platform === 'linux' ? test : test.skip;

function fill(write: (folder: string) => void): string {
  const folder = mkdtempSync(join(base, 'task-'));
  write(folder);
  return folder;
}

/** What is in a folder by the bytes of its name. */
const inside = (folder: string, name: Buffer): Buffer => Buffer.concat([Buffer.from(`${folder}/`), name]);

describe('a folder that a task filled is removed', () => {
  onLinux('however deep it is', async () => {
    const folder = fill((path) => makeDeep(path, 4));
    await removeFolder(folder);
    expect(existsSync(folder)).toBe(false);
  });

  test('however much there is in it', async () => {
    const folder = fill((path) => {
      for (let index = 0; index < 600; index += 1) writeFileSync(join(path, `f${index}`), '');
      for (let index = 0; index < 300; index += 1) mkdirSync(join(path, `d${index}`, 'in'), { recursive: true });
    });
    await removeFolder(folder);
    expect(existsSync(folder)).toBe(false);
  });

  onLinux('whatever is in it is called', async () => {
    const folder = fill((path) => {
      mkdirSync(inside(path, Buffer.from([0xff])));
      writeFileSync(Buffer.concat([inside(path, Buffer.from([0xff])), Buffer.from('/a\n\xfe', 'latin1')]), 'x');
    });
    await removeFolder(folder);
    expect(existsSync(folder)).toBe(false);
  });

  test('and no link in it, nor one in its place, is followed', async () => {
    const other = fill((path) => writeFileSync(join(path, 'kept'), 'x'));
    const folder = fill((path) => symlinkSync(other, join(path, 'link')));
    const link = join(base, 'task-link');
    symlinkSync(other, link);
    await removeFolder(folder);
    await removeFolder(link);
    expect([existsSync(folder), readdirSync(base).includes('task-link'), readdirSync(other)]).toEqual([false, false, ['kept']]);
  });

  // Root may look into every folder.
  (process.getuid?.() === 0 ? test.skip : test)('also when its folders are shut against their owner, at any depth', async () => {
    const folder = fill((path) => {
      makeDeep(path, 2);
      mkdirSync(join(path, 'shut', 'in'), { recursive: true });
      for (const shut of ['shut/in', 'shut', 'deep', '.']) chmodSync(join(path, shut), 0);
    });
    await removeFolder(folder);
    expect(existsSync(folder)).toBe(false);
  });

  test('or is gone already', async () => {
    await expect(removeFolder(join(base, 'task-gone'))).resolves.toBeUndefined();
  });
});
