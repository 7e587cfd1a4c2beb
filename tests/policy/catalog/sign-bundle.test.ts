import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { inspectPack } from '../../../policy/catalog/inspect-pack.ts';
import { holdSameFiles, signBundle } from '../../../policy/catalog/sign-bundle.ts';
import { buildOwnPack, buildPolicyKey, readFixture, signed, withFiles } from '../../support/build-own-pack.ts';
import { findOracle } from '../../support/find-oracle.ts';

const opa = findOracle('opa');
const key = buildPolicyKey();

describe('a bundle signed here', () => {
  test('verifies, and holds what it held', async () => {
    const plain = readFixture('freeze');
    const { archive, keyId } = await signBundle(plain, key.privatePem);
    expect(keyId).toBe(key.keyId);
    expect(await inspectPack(archive, [key])).toMatchObject({ isSound: true, issues: [], signature: { keyId, algorithm: 'ES256' } });
    expect(await holdSameFiles(plain, archive)).toBe(true);
    expect(await holdSameFiles(await withFiles(plain, { 'data.json': '{}' }), archive)).toBe(false);
  });

  test('has one signature, the last', async () => {
    const twice = await signed(await buildOwnPack(buildPolicyKey()), key);
    expect(await inspectPack(twice, [key])).toMatchObject({ issues: [] });
  });

  test('is not made with a key of another kind', async () => {
    for (const namedCurve of ['P-384', 'secp256k1']) {
      const pem = generateKeyPairSync('ec', { namedCurve }).privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
      await expect(signBundle(readFixture('freeze'), pem)).rejects.toMatchObject({ code: 'mc:key:unreadable' });
    }
    await expect(signBundle(readFixture('freeze'), key.pem)).rejects.toMatchObject({ code: 'mc:key:unreadable' });
  });

  (opa === undefined ? test.skip : test)('is accepted by stock OPA, and refused when a byte changed (skipped without opa)', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mc-sign-'));
    const verify = (archive: Uint8Array): number | null => {
      const files = { bundle: join(folder, 'in.tar.gz'), pub: join(folder, 'pub.pem'), priv: join(folder, 'priv.pem') };
      writeFileSync(files.bundle, archive);
      writeFileSync(files.pub, key.pem);
      writeFileSync(files.priv, key.privatePem);
      const keys = [
        '--verification-key',
        files.pub,
        '--verification-key-id',
        key.keyId,
        '--signing-key',
        files.priv,
        '--signing-alg',
        'ES256',
      ];
      return spawnSync(opa ?? '', ['build', '-b', files.bundle, ...keys, '-o', join(folder, 'out.tar.gz')]).status;
    };
    try {
      const archive = await buildOwnPack(key);
      expect(verify(archive)).toBe(0);
      expect(verify(await withFiles(archive, { 'data.json': '{"mc":{"freeze":{"frozen":[],"warnAboveUSD":1e9}}}' }))).toBe(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
