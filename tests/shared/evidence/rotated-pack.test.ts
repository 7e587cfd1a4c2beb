/** A pack that is made after the home changed its key: the receipt was signed with the old one, the manifest with the new one. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openDisclosure } from '../../../shared/evidence/disclosure/open-disclosure.ts';
import { verifyPack } from '../../../shared/evidence/verify/verify-pack.ts';
import { publicKeyOf } from '../../../shared/keys/signer-keys.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import { openRotatingEngine, rotate, sealedRun } from '../rotation/rotating-engine.ts';
import { collectBytes, inMemory } from '../../support/evidence/pack-bytes.ts';
import type { Engine } from '../../support/open-engine.ts';

let engine: Engine;
let folder: string;
let pack: Buffer;
let pems: string[];

beforeAll(async () => {
  engine = await openRotatingEngine();
  const { deps } = engine.home;
  const { id } = await sealedRun(engine);
  const { pem: old } = await deps.signer.publicKey();
  await rotate(engine);
  pems = [(await deps.signer.publicKey()).pem, old];
  pack = await collectBytes((await openDisclosure(deps, engine.actor, { id })).chunks);
  folder = mkdtempSync(join(tmpdir(), 'mc-rotated-'));
  writeFileSync(join(folder, 'p.tgz'), pack);
  execFileSync('tar', ['-xzf', 'p.tgz'], { cwd: folder });
}, 60_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await engine.close();
});

const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const hasJq = spawnSync('jq', ['--version']).status === 0;

test('verifies with the keys of the home, and holds the one that signed its receipt', async () => {
  expect(pems[0]).not.toBe(pems[1]);
  await expect(verifyPack(inMemory(pack), { pems })).resolves.toMatchObject({ isReceiptRedacted: false });
  expect(read('mc.pub')).toBe(pems[1]);
});

(hasJq ? test : test.skip)('says in its README how to get the key that signed its manifest', async () => {
  const [, question = ''] =
    /^ {4}maestro keys export --key-id "\$\((jq .*)\)" -o manifest.pub\n {4}cosign .* --key manifest.pub --bundle manifest.sigstore.json /m.exec(
      read('README.md'),
    ) ?? [];
  const keyId = execFileSync('sh', ['-c', question], { cwd: folder, encoding: 'utf8' }).trim();
  const { pem } = await publicKeyOf(engine.home.deps, keyId);
  const bundle: unknown = JSON.parse(read('manifest.sigstore.json'));
  expect(verifyBundle(bundle, { pem }).keyId).toBe(keyId);
  expect(() => verifyBundle(bundle, { pem: read('mc.pub') })).toThrow('signed by the key');
});
