import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readInputs, type TakeFile } from '../../cli/inputs.ts';
import { digestBytes } from '../../shared/core/digest.ts';

const declared = {
  text: { type: 'string' },
  count: { type: 'integer' },
  ratio: { type: 'number' },
  on: { type: 'boolean' },
  list: { type: 'array' },
  map: { type: 'object' },
  file: { type: 'file' },
} as const;

const takeFile: TakeFile = (name, bytes) => Promise.resolve({ digest: digestBytes(bytes), name });

describe('inputs on the command line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'maestro-inputs-'));
  const path = join(folder, 'my lock,file.json');
  beforeAll(() => {
    writeFileSync(path, '{"a":1}');
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const read = (...input: string[]): Promise<unknown> => readInputs({ input }, declared, takeFile);

  test('take the type that the manifest declares', async () => {
    const inputs = await read('text=3', 'count=3', 'ratio=0.5', 'on=true', 'list=[1,"two"]', 'map={"a":{"b":null}}');
    expect(inputs).toEqual({ text: '3', count: 3, ratio: 0.5, on: true, list: [1, 'two'], map: { a: { b: null } } });
  });

  test('keep everything after the first equals sign', async () => {
    expect(await read('text=a=b=c', 'undeclared=')).toEqual({ text: 'a=b=c', undeclared: '' });
  });

  test('take a file by its path, under a name that workspaces allow', async () => {
    expect(await read(`file=@${path}`)).toEqual({ file: { digest: digestBytes('{"a":1}'), name: 'my-lock-file.json' } });
  });

  test('read the content of a file for inputs of other types', async () => {
    expect(await read(`text=@${path}`, `map=@${path}`)).toEqual({ text: '{"a":1}', map: { a: 1 } });
  });

  test.each(['text', '=x', 'count=three', 'count=1.5', 'count=', 'ratio=1e999', 'on=yes', 'list=[1', 'file=package-lock.json'])(
    'that do not fit are refused with what is allowed: %s',
    async (flag) => {
      await expect(read(flag)).rejects.toMatchObject({ code: 'mc:cli:usage', message: expect.stringContaining('allowed') });
    },
  );

  test('come from a file, too, where flags win', async () => {
    const inputsFile = join(folder, 'inputs.json');
    writeFileSync(inputsFile, JSON.stringify({ text: 'file', count: 1, file: path }));
    const inputs = await readInputs({ inputsFile, input: ['count=2'] }, declared, takeFile);
    expect(inputs).toEqual({ text: 'file', count: 2, file: { digest: digestBytes('{"a":1}'), name: 'my-lock-file.json' } });
  });

  test('an inputs file that is no JSON object, and a file that is absent, are refused', async () => {
    const inputsFile = join(folder, 'list.json');
    writeFileSync(inputsFile, '[1]');
    await expect(readInputs({ inputsFile }, declared, takeFile)).rejects.toMatchObject({ code: 'mc:cli:usage' });
    await expect(read('file=@/nonexistent/file')).rejects.toMatchObject({ code: 'mc:cli:file-unreadable' });
  });
});
