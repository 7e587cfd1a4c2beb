import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { isLargerThan } from '../../runner/sandbox/folder-size.ts';

const base = mkdtempSync(join(tmpdir(), 'mc-size-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const kib = 1_024;

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
