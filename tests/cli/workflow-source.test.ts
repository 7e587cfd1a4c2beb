import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findSource, readManifestFile } from '../../cli/workflow-source.ts';

describe('what a command takes for a workflow', () => {
  const before = process.cwd();
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mc-source-'));
    mkdirSync(join(folder, 'nightly'));
    writeFileSync(join(folder, 'plain'), 'name: plain\n');
    process.chdir(folder);
  });
  afterAll(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  });

  test('is a reference for a bare name, also beside a folder of that name', () => {
    const refs = ['nightly', 'absent', 'nightly@1.0.0', 'x'.repeat(300)];
    for (const ref of refs) expect(findSource(ref)).toEqual({ kind: 'ref', ref });
  });

  test('is a file for a bare name that is one', () => {
    expect(findSource('plain')).toMatchObject({ kind: 'file', text: 'name: plain\n' });
  });

  test('is refused with what to give in its place for a folder', () => {
    const words = 'nightly/ is a folder; give nightly/workflow.yaml, or nightly@VERSION for the published workflow.';
    expect(() => findSource('nightly/')).toThrow(words);
    expect(() => findSource('./nightly')).toThrow(words);
    expect(() => readManifestFile('nightly')).toThrow(words);
    expect(() => findSource('.')).toThrow('./ is a folder; give workflow.yaml, or ');
  });
});
