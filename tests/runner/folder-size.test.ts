import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { isLargerThan } from '../../runner/sandbox/folder-size.ts';
import { removeFolder } from '../../runner/sandbox/scratch/remove-folder.ts';
import { makeDeep } from '../support/deep-folder.ts';

const base = mkdtempSync(join(tmpdir(), 'mc-size-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const kib = 1_024;

// Other systems take shorter paths, and some take no names that are not UTF-8.
const onLinux = process.platform === 'linux' ? test : test.skip;

function fill(write: (folder: string) => void): string {
  const folder = mkdtempSync(join(base, 'scratch-'));
  write(folder);
  return folder;
}

/** Whether it is said to be larger than a byte less, and than this. */
const sizes = async (folder: string, bytes: number): Promise<boolean[]> => [
  await isLargerThan(folder, bytes - 1),
  await isLargerThan(folder, bytes),
];

describe('what is below a folder', () => {
  test('is the space that its files take, in folders too', async () => {
    const folder = fill((path) => {
      mkdirSync(join(path, 'in'));
      writeFileSync(join(path, 'in', 'file'), Buffer.alloc(64 * kib, 1));
    });
    expect([await isLargerThan(folder, 64 * kib), await isLargerThan(folder, 80 * kib)]).toEqual([true, false]);
  });

  onLinux('is counted when its names are not UTF-8', async () => {
    const folder = fill((path) => {
      const odd = Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0xff])]);
      mkdirSync(odd);
      writeFileSync(Buffer.concat([odd, Buffer.from('/'), Buffer.from([0xfe])]), Buffer.alloc(64 * kib, 1));
    });
    expect([await isLargerThan(folder, 64 * kib), await isLargerThan(folder, 80 * kib)]).toEqual([true, false]);
  });

  onLinux('is too much when it lies deeper than anybody can look', async () => {
    const folder = fill((path) => makeDeep(path, 2));
    expect(await isLargerThan(folder, 1024 ** 3)).toBe(true);
    await removeFolder(folder);
  });

  // Root may look at everything.
  (process.getuid?.() === 0 ? test.skip : test)('is too much when a folder in it names its files and shows none', async () => {
    const folder = fill((path) => {
      mkdirSync(join(path, 'shut'));
      writeFileSync(join(path, 'shut', 'file'), '');
      chmodSync(join(path, 'shut'), 0o400);
    });
    expect(await isLargerThan(folder, 1024 ** 3)).toBe(true);
    await removeFolder(folder);
  });

  test.each([
    ['an empty file', (path: string): void => writeFileSync(path, '')],
    ['an empty folder', (path: string): void => void mkdirSync(path)],
    ['a link', (path: string): void => symlinkSync('/', path)],
  ])('takes 4 KiB at least for %s', async (_, make) => {
    const folder = fill((path) => {
      for (let index = 0; index < 50; index += 1) make(join(path, String(index)));
    });
    expect(await sizes(folder, 50 * 4 * kib)).toEqual([true, false]);
  });

  test('is nothing when the folder is gone', async () => {
    expect(await isLargerThan(join(base, 'gone'), 0)).toBe(false);
  });
});
