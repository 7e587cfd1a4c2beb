import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyGenerated, findStale } from '../../scripts/gen/apply-generated.ts';
import { errorPages } from '../../scripts/gen/error-pages.ts';
import { generate, generatedFolders } from '../../scripts/gen/generate.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mc-gen-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const files = [
  { path: 'docs/errors/a.md', text: 'a\n' },
  { path: 'docs/errors/b.md', text: 'b\n' },
];

test('a missing, a changed and a left-over file are each called stale', () => {
  mkdirSync(join(root, 'docs/errors'), { recursive: true });
  writeFileSync(join(root, 'docs/errors/b.md'), 'edited\n');
  writeFileSync(join(root, 'docs/errors/gone.md'), 'left over\n');
  expect(findStale(root, files, ['docs/errors'])).toEqual([
    { path: 'docs/errors/a.md', why: 'missing' },
    { path: 'docs/errors/b.md', why: 'changed' },
    { path: 'docs/errors/gone.md', why: 'belongs to nothing' },
  ]);
});

test('after writing, nothing is stale and nothing is left over', () => {
  mkdirSync(join(root, 'docs/errors'), { recursive: true });
  writeFileSync(join(root, 'docs/errors/gone.md'), 'left over\n');
  applyGenerated(root, files, ['docs/errors']);
  expect(findStale(root, files, ['docs/errors'])).toEqual([]);
  expect(readdirSync(join(root, 'docs/errors'))).toEqual(['a.md', 'b.md']);
});

test('looking writes nothing', () => {
  findStale(root, files, ['docs/errors']);
  expect(readdirSync(root)).toEqual([]);
});

test('the page of an error names the code, the exit code and the fix', () => {
  const page = errorPages().find(({ path }) => path === 'docs/errors/store-full.md');
  expect(page?.text).toContain('`mc:store:full`');
  expect(page?.text).toContain('Free space on the disk of the data folder');
});

test('the generated files of this checkout are what its sources give', async () => {
  expect(findStale('.', await generate(), generatedFolders)).toEqual([]);
});

test('the same sources give the same bytes', async () => {
  expect(await generate()).toEqual(await generate());
  expect(JSON.parse(readFileSync('docs/reference/openapi.json', 'utf8'))).toMatchObject({ openapi: expect.stringMatching(/^3\.1\./) });
});
