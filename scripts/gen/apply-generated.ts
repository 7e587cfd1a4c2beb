/**
 * Compares generated files with the checkout at `root` and mends the difference, or only names it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { GeneratedFile } from './generated-file.ts';

interface Stale {
  path: string;
  why: 'missing' | 'changed' | 'belongs to nothing';
}

/** Every path that differs from what the sources give; a file in one of `folders` that is not generated differs too. */
export function findStale(root: string, files: readonly GeneratedFile[], folders: readonly string[]): Stale[] {
  const wanted = new Set(files.map(({ path }) => path));
  const differing = files.flatMap(({ path, text }): Stale[] => {
    if (!existsSync(join(root, path))) return [{ path, why: 'missing' }];
    return readFileSync(join(root, path), 'utf8') === text ? [] : [{ path, why: 'changed' }];
  });
  const left = folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
    .filter((path) => !wanted.has(path));
  return [...differing, ...left.map((path): Stale => ({ path, why: 'belongs to nothing' }))];
}

/** Makes the checkout equal to what the sources give; writes nothing that is equal already. */
export function applyGenerated(root: string, files: readonly GeneratedFile[], folders: readonly string[]): Stale[] {
  const stale = findStale(root, files, folders);
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  for (const { path } of stale) {
    const text = texts.get(path);
    if (text === undefined) {
      rmSync(join(root, path));
    } else {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
  }
  return stale;
}
