import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { shippedPacks, shippedPacksKey } from '../../../policy/engine/shipped-packs.ts';
import { buildBundle, isBuiltFrom, isSameBundle, isSignedBy, requireShippable } from '../../../scripts/policy/build-pack.ts';
import { findOpa } from '../../../scripts/policy/find-opa.ts';
import { readPackSources } from '../../../scripts/policy/pack-sources.ts';
import { openSigningKey } from '../../../scripts/policy/signing-key.ts';
import { buildPolicyKey, signed } from '../../support/build-own-pack.ts';
import { changedBundle, changedManifest, fixtureBundle, residencyBundle } from '../../support/build-policy-bundle.ts';

const sources = readPackSources(new URL('../../../policy/packs/', import.meta.url).pathname);
const opa = findOpa();
const withOpa = opa === undefined ? test.skip : test;
const without = opa === undefined ? ' (skipped: no OPA in MC_OPA, .oracles or PATH)' : '';

describe('a committed bundle', () => {
  test.each(shippedPacks)('of $name is of the rules beside it, and signed by the key of this program', async ({ name }) => {
    const pack = sources.find((source) => source.name === name)!;
    const archive = readFileSync(join(pack.folder, 'bundle.tar.gz'));
    expect(await isBuiltFrom(pack, archive)).toBe(true);
    expect(await isSignedBy(shippedPacksKey, archive)).toBe(true);
    expect(await isSignedBy(buildPolicyKey().pem, archive)).toBe(false);
  });

  test('is not taken for signed when a file changed, nor when it is not signed', async () => {
    expect(await isSignedBy(shippedPacksKey, await changedBundle({ 'residency.rego': 'package mc.residency' }))).toBe(false);
    expect(await isSignedBy(shippedPacksKey, await changedBundle({ '.signatures.json': undefined }))).toBe(false);
  });

  test('is the same whoever signed it, and another when a file differs', async () => {
    expect(await isSameBundle(residencyBundle(), await signed(residencyBundle(), buildPolicyKey()))).toBe(true);
    expect(await isSameBundle(residencyBundle(), await changedBundle({ 'data.json': '{}' }))).toBe(false);
    expect(await isSameBundle(residencyBundle(), await changedBundle({ 'more.rego': '' }))).toBe(false);
  });

  withOpa(`that OPA builds with a key is signed by it, without one it is not${without}`, async () => {
    using key = openSigningKey();
    const pack = sources.find(({ name }) => name === 'encryption')!;
    const archive = buildBundle(opa ?? '', pack, key.path);
    expect(await isSignedBy(key.pem, archive)).toBe(true);
    expect(await isSignedBy(key.pem, buildBundle(opa ?? '', pack))).toBe(false);
    expect(await isSameBundle(archive, buildBundle(opa ?? '', pack))).toBe(true);
  });

  test('may not be shipped in Rego v0, or without saying what it is', async () => {
    await requireShippable(residencyBundle());
    await expect(requireShippable(fixtureBundle('legacy'))).rejects.toThrow('policy pack legacy is in Rego v0');
    for (const field of ['title', 'version', 'points', 'reads'])
      await expect(requireShippable(await changedManifest(residencyBundle(), { metadata: { [field]: undefined } }))).rejects.toThrow(field);
  });
});

describe('the key of a build', () => {
  let folder: string;
  const named = process.env['MC_POLICY_SIGNING_KEY'];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mc-key-'));
    delete process.env['MC_POLICY_SIGNING_KEY'];
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
    if (named === undefined) delete process.env['MC_POLICY_SIGNING_KEY'];
    else process.env['MC_POLICY_SIGNING_KEY'] = named;
  });

  test('is made for it, readable by nobody else, and gone afterwards', () => {
    const paths = [1, 2].map(() => {
      using key = openSigningKey();
      expect(statSync(key.path).mode & 0o077).toBe(0);
      expect(createPublicKey(readFileSync(key.path)).export({ type: 'spki', format: 'pem' })).toBe(key.pem);
      return { path: key.path, pem: key.pem };
    });
    expect(paths.map(({ path }) => existsSync(path))).toEqual([false, false]);
    expect(paths[0]?.pem).not.toBe(paths[1]?.pem);
  });

  test('is the one that is named, and stays', () => {
    const path = join(folder, 'key.pem');
    writeFileSync(path, buildPolicyKey().privatePem);
    process.env['MC_POLICY_SIGNING_KEY'] = path;
    {
      using key = openSigningKey();
      expect(key.path).toBe(path);
    }
    expect(existsSync(path)).toBe(true);
  });

  test('is refused when ES256 cannot sign with it', () => {
    const path = join(folder, 'key.pem');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    process.env['MC_POLICY_SIGNING_KEY'] = path;
    expect(() => openSigningKey()).toThrow('holds no P-256 key');
  });
});
