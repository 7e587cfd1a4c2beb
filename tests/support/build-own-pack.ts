/** Bundles as a tenant pushes them: made of a committed bundle, changed, and signed with a key of the test. */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { signBundle } from '../../policy/catalog/sign-bundle.ts';
import { untar } from '../../policy/engine/untar.ts';
import type { GoldenCase } from '../../shared/policy-catalog/pack-goldens.ts';
import { keyIdOf } from '../../shared/receipt/key-id.ts';
import type { PolicyKey } from '../../shared/tenant/tenant.ts';
import { buildArchive } from './build-policy-bundle.ts';

type Files = Readonly<Record<string, Uint8Array | string | undefined>>;
type Fixture = 'freeze' | 'endless' | 'legacy' | 'clock';

export interface TestKey extends PolicyKey {
  privatePem: string;
}

/** A key pair of P-256 as a tenant would make it. */
export function buildPolicyKey(): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  return { pem, keyId: keyIdOf(pem), privatePem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() };
}

/** A committed bundle of tests/fixtures/policy, unsigned as `opa build` made it. */
export function readFixture(name: Fixture): Uint8Array<ArrayBuffer> {
  return readFileSync(new URL(`../fixtures/policy/${name}/bundle.tar.gz`, import.meta.url));
}

/** A bundle with files replaced, added, or (as undefined) taken away; its signature, if it has one, stays as it was. */
export async function withFiles(archive: Uint8Array, changes: Files): Promise<Uint8Array<ArrayBuffer>> {
  const files: Files = { ...Object.fromEntries(await untar(archive)), ...changes };
  const entries = Object.entries(files).flatMap(([name, bytes]) => (bytes === undefined ? [] : [{ name: `/${name}`, bytes }]));
  return new Uint8Array(await buildArchive(entries));
}

/** A bundle whose manifest was changed; `metadata` is laid over what it has. */
export async function withManifest(
  archive: Uint8Array,
  { metadata = {}, ...fields }: Record<string, unknown>,
): Promise<Uint8Array<ArrayBuffer>> {
  const text = Buffer.from((await untar(archive)).get('.manifest') ?? Buffer.of()).toString();
  const manifest = JSON.parse(text) as { metadata?: object }; // As opa build wrote it.
  const merged = { ...manifest, ...fields, metadata: { ...manifest.metadata, ...(metadata as object) } };
  return withFiles(archive, { '.manifest': JSON.stringify(merged) });
}

/** The pack freeze in this version, signed: denies workflows on its list `frozen`, warns of runs above 10 USD. */
export async function buildOwnPack(key: TestKey, version = '1.0.0'): Promise<Uint8Array<ArrayBuffer>> {
  return signed(await withManifest(readFixture('freeze'), { metadata: { version } }), key);
}

export async function signed(archive: Uint8Array, key: TestKey): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array((await signBundle(archive, key.privatePem)).archive);
}

/** Cases of a pack that denies when `change` holds, and allows the base question. */
export function goldensOf(change: GoldenCase['change'], rules: string[]): GoldenCase[] {
  return [
    { title: 'The base question is let through', kind: 'allow', change: {}, expect: { verdict: 'allow', rules: [] } },
    { title: 'The changed question is denied', kind: 'deny', change, expect: { verdict: 'deny', rules } },
  ];
}
