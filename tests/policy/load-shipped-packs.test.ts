import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { bundlePath, loadShippedPacks } from '../../policy/engine/load-shipped-packs.ts';
import { shippedPacks } from '../../policy/engine/shipped-packs.ts';
import { changedBundle, residencyBundle } from '../support/build-policy-bundle.ts';
import { buildInput } from '../support/build-policy-input.ts';

const unavailable = { code: 'mc:policy:unavailable' };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mc-packs-'));
  mkdirSync(join(folder, 'residency'));
  writeFileSync(join(folder, bundlePath('residency')), residencyBundle());
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('the shipped packs', () => {
  test('are found in the checkout and judge', async () => {
    const engine = await loadShippedPacks();
    const verdicts = await engine.evaluate('start', buildInput());
    expect(verdicts.map(({ pack, digest, verdict }) => ({ name: pack, digest, verdict }))).toEqual(
      shippedPacks.map((pack) => ({ ...pack, verdict: 'allow' })),
    );
  });

  test('are loaded from the folder of a deployment', async () => {
    const engine = await loadShippedPacks(folder);
    expect(await engine.evaluate('start', buildInput({ requested: 'RU', workflow: 'RU' }))).toMatchObject([{ verdict: 'deny' }]);
  });

  test('are loaded by a program that was bundled into one file, as a Lambda is', async () => {
    const outfile = join(folder, 'program.mjs');
    const ask = `const engine = await loadShippedPacks(process.argv[2]);
      console.log(JSON.stringify((await engine.evaluate('start', ${JSON.stringify(buildInput({ requested: 'KP' }))}))[0].verdict));`;
    const resolveDir = fileURLToPath(new URL('../../policy/engine/', import.meta.url));
    const contents = `import { loadShippedPacks } from './load-shipped-packs.ts'; ${ask}`;
    const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
    await build({ stdin: { contents, resolveDir, loader: 'ts' }, bundle: true, platform: 'node', format: 'esm', outfile, banner });
    expect(execFileSync(process.execPath, [outfile, folder], { encoding: 'utf8', cwd: tmpdir() }).trim()).toBe('"deny"');
  });

  test('are all needed: without one there is no engine', async () => {
    rmSync(join(folder, 'residency'), { recursive: true });
    await expect(loadShippedPacks(folder)).rejects.toMatchObject({ ...unavailable, cause: { code: 'ENOENT' } });
  });

  test('are refused when any one byte of the bundle was altered', async () => {
    const bytes = readFileSync(join(folder, bundlePath('residency')));
    const positions = [0, 4, 9, bytes.length >> 2, bytes.length >> 1, bytes.length - 5, bytes.length - 1];
    for (const position of positions) {
      const altered = Buffer.from(bytes);
      altered[position] = (bytes[position] ?? 0) ^ 1;
      writeFileSync(join(folder, bundlePath('residency')), altered);
      await expect(loadShippedPacks(folder)).rejects.toMatchObject(unavailable);
    }
  });

  test('are refused when a well-formed bundle took the place of ours', async () => {
    const lenient = await changedBundle({
      'data.json': JSON.stringify({ mc: { residency: { banned_jurisdictions: [], sensitive_data_classes: [] } } }),
    });
    writeFileSync(join(folder, bundlePath('residency')), lenient);
    await expect(loadShippedPacks(folder)).rejects.toMatchObject(unavailable);
  });
});
