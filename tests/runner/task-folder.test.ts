import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { assertHolds, fillTaskFolder, makeEmptyTaskFolder, makeTaskFolder, removeTaskFolder } from '../../runner/sandbox/task-folder.ts';
import { buildTaskSpec } from '../support/build-task-spec.ts';

const base = mkdtempSync(join(tmpdir(), 'mc-folder-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const spec = buildTaskSpec({ files: [{ path: 'in/deep/file.txt', bytes: Buffer.from('content') }] });

describe('the folder of an attempt', () => {
  test('is empty when it is made, and holds package and files when it is filled', async () => {
    const folder = await makeEmptyTaskFolder(base);
    for (const path of ['package', 'workspace', 'scratch', 'egress']) expect(readdirSync(join(folder.root, path))).toEqual([]);
    await fillTaskFolder(folder, spec);
    expect(readFileSync(folder.entry)).toEqual(Buffer.from(spec.package.entry));
    expect(readFileSync(join(folder.workspace, 'in/deep/file.txt'), 'utf8')).toBe('content');
    await removeTaskFolder(folder);
  });

  test('is for its user alone, and inside a sandbox also for the user that the task becomes', async () => {
    const mask = process.umask(0o077);
    const folder = await makeTaskFolder(base, spec).finally(() => process.umask(mask));
    const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
    expect([modeOf(base), modeOf(folder.root)]).toEqual(['700', '700']);
    const shown = [folder.workspace, join(folder.workspace, 'in/deep'), join(folder.workspace, 'in/deep/file.txt'), folder.entry].map(
      modeOf,
    );
    expect(shown).toEqual(process.getuid?.() === 0 ? ['755', '755', '644', '644'] : ['700', '700', '600', '600']);
    await removeTaskFolder(folder);
  });

  test('never takes a module or a file that is there already for its own', async () => {
    for (const place of ['package/index.mjs', 'workspace/in']) {
      const folder = await makeEmptyTaskFolder(base);
      writeFileSync(join(folder.root, place), 'planted');
      await expect(fillTaskFolder(folder, spec)).rejects.toThrow('EEXIST');
      await removeTaskFolder(folder);
    }
  });

  test('whose module is not what was verified does not become an attempt', async () => {
    const folder = await makeTaskFolder(base, spec);
    await expect(assertHolds(folder.entry, spec.package.entry)).resolves.toBeUndefined();
    writeFileSync(folder.entry, 'export default async () => ({ stolen: true });');
    await expect(assertHolds(folder.entry, spec.package.entry)).rejects.toMatchObject({ code: 'mc:package:untrusted' });
    await removeTaskFolder(folder);
    expect(readdirSync(base)).toEqual([]);
  });
});
