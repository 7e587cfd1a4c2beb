import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { bundlePath, loadShippedPacks, shippedKeys } from '../../policy/engine/load-shipped-packs.ts';
import { inspectBundle } from '../../policy/engine/inspect-bundle.ts';
import { shippedPacks } from '../../policy/engine/shipped-packs.ts';
import { packWorkerBundle, packWorkerSource } from '../../policy/engine/process/pack-process.ts';
import { digestBytes } from '../../shared/core/digest.ts';
import { changedBundle, fixtureBundle } from '../support/build-policy-bundle.ts';
import { buildPolicyKey, signed } from '../support/build-own-pack.ts';
import { buildInput } from '../support/build-policy-input.ts';

const unavailable = { code: 'mc:policy:unavailable' };
const packs = fileURLToPath(new URL('../../policy/packs/', import.meta.url));
const sources = fileURLToPath(new URL('../../policy/engine/', import.meta.url));
let folder: string;
const bundleIn = (pack: string): string => join(folder, bundlePath(pack));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mc-packs-'));
  for (const { name } of shippedPacks) cpSync(join(packs, bundlePath(name)), bundleIn(name), { recursive: true });
});

afterEach(() => rmSync(folder, { recursive: true }));

/** One file, as a function of the AWS home is. */
async function bundleProgram(entry: { in: string } | { contents: string }, outfile: string): Promise<void> {
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
  const from =
    'in' in entry ? { entryPoints: [entry.in] } : { stdin: { contents: entry.contents, resolveDir: sources, loader: 'ts' as const } };
  await build({ ...from, bundle: true, platform: 'node', format: 'esm', outfile, banner });
}

describe('the shipped packs', () => {
  test('are found in the checkout and judge, every one of them at a start or elsewhere', async () => {
    const engine = await loadShippedPacks();
    const verdicts = await engine.evaluate('start', buildInput(), []);
    expect(verdicts.map(({ pack, digest }) => ({ name: pack, digest }))).toEqual(shippedPacks);
  });

  test('are signed, all with the key that this program was made with', async () => {
    for (const { name } of shippedPacks) {
      const archive = readFileSync(join(packs, bundlePath(name)));
      expect(await inspectBundle(archive, { keys: shippedKeys })).toMatchObject({ keyId: shippedKeys[0].keyId, issues: [] });
    }
  });

  test('say what they are: title, version, points and reads are their own, the rules are Rego v1', async () => {
    for (const { name } of shippedPacks) {
      const { bundle, files } = await inspectBundle(readFileSync(join(packs, bundlePath(name))), 'digest');
      expect(bundle).toMatchObject({ name, regoVersion: 1 });
      const { title, version, points, reads } = bundle ?? {};
      expect(JSON.parse(Buffer.from(files.get('.manifest') ?? []).toString())).toMatchObject({
        metadata: { title, version, points, reads },
      });
    }
  });

  test('are loaded from the folder of a deployment', async () => {
    const engine = await loadShippedPacks(folder);
    const verdicts = await engine.evaluate('start', buildInput({ requested: 'RU', workflow: 'RU' }), []);
    expect(verdicts).toContainEqual(expect.objectContaining({ pack: 'residency', verdict: 'deny' }));
  });

  test("are loaded by a program that was bundled into one file, as a Lambda is, and tenants' packs run in the process beside it", async () => {
    const outfile = join(folder, 'program.mjs');
    const pack = join(folder, 'legacy.tar.gz');
    writeFileSync(pack, fixtureBundle('legacy'));
    const own = { name: 'legacy', version: '1.0.0', digest: digestBytes(fixtureBundle('legacy')) };
    await bundleProgram({ in: packWorkerSource }, join(folder, packWorkerBundle));
    const contents = `import { readFileSync } from 'node:fs';
      import { loadShippedPacks } from './load-shipped-packs.ts';
      const [folder, pack, workerFile] = process.argv.slice(2);
      const engine = await loadShippedPacks(folder, { own: { load: async () => readFileSync(pack), workerFile } });
      const verdicts = await engine.evaluate('start', ${JSON.stringify(buildInput({ requested: 'DE' }))}, [${JSON.stringify(own)}]);
      console.log(JSON.stringify(verdicts.filter(({ pack }) => pack === 'legacy' || pack === 'residency').map(({ verdict }) => verdict)));`;
    await bundleProgram({ contents }, outfile);
    const args = [outfile, folder, pack, join(folder, packWorkerBundle)];
    // The process ends by itself: the one that judges does not keep it.
    expect(execFileSync(process.execPath, args, { encoding: 'utf8', cwd: tmpdir(), timeout: 25_000 }).trim()).toBe('["deny","deny"]');
  });

  test('are all needed: without one there is no engine', async () => {
    rmSync(join(folder, 'residency'), { recursive: true });
    await expect(loadShippedPacks(folder)).rejects.toMatchObject({ ...unavailable, cause: { code: 'ENOENT' } });
  });

  test('are refused when any one byte of the bundle was altered', async () => {
    const bytes = readFileSync(bundleIn('residency'));
    const positions = [0, 4, 9, bytes.length >> 2, bytes.length >> 1, bytes.length - 5, bytes.length - 1];
    for (const position of positions) {
      const altered = Buffer.from(bytes);
      altered[position] = (bytes[position] ?? 0) ^ 1;
      writeFileSync(bundleIn('residency'), altered);
      await expect(loadShippedPacks(folder)).rejects.toMatchObject(unavailable);
    }
  });

  test('are refused when a well-formed bundle took the place of ours, whoever signed it', async () => {
    const lenient = await changedBundle({
      'data.json': JSON.stringify({ mc: { residency: { banned_jurisdictions: [], sensitive_data_classes: [] } } }),
    });
    for (const archive of [lenient, await signed(lenient, buildPolicyKey())]) {
      writeFileSync(bundleIn('residency'), archive);
      await expect(loadShippedPacks(folder)).rejects.toMatchObject(unavailable);
      // The digest is what stops it first; the signature would too.
      expect((await inspectBundle(archive, { keys: shippedKeys })).bundle).toBeUndefined();
    }
  });
});
