import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectBundle } from '../../policy/engine/inspect-bundle.ts';
import { loadBundle } from '../../policy/engine/load-bundle.ts';
import { PackMetadata } from '../../policy/engine/policy-bundle.ts';
import { untar } from '../../policy/engine/untar.ts';
import { signaturesFile } from '../../policy/engine/verify-signatures.ts';
import { runOpa } from './find-opa.ts';
import { revisionOf, type PackSources } from './pack-sources.ts';

/** Files beside the rules that are made of them, or about them. */
const aside = ['*_test.rego', 'README.md', 'bundle.tar.gz', 'catalog.json', 'goldens.json'];

/**
 * The bundle as `opa build` makes it, signed when the file of a private key is given. Tried: the same OPA gives the same bytes every time
 * (times are 0, files are sorted), apart from the signature, in which ES256 has chance; another build of OPA may compress differently,
 * which is why bundles are compared file by file.
 */
export function buildBundle(opa: string, pack: PackSources, signingKey?: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'mc-policy-'));
  const output = join(folder, 'bundle.tar.gz');
  const ignored = aside.flatMap((name) => ['--ignore', name]);
  const signed = signingKey === undefined ? [] : ['--signing-alg', 'ES256', '--signing-key', signingKey];
  const entrypoint = `mc/${pack.name}/verdict`;
  try {
    runOpa(opa, ['build', '-t', 'wasm', '-e', entrypoint, '-r', revisionOf(pack), ...signed, ...ignored, '-o', output, '-b', '.'], {
      cwd: pack.folder,
    });
    return readFileSync(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Tells whether two bundles hold the same files with the same bytes, however they are compressed and whoever signed them. */
export async function isSameBundle(one: Uint8Array, other: Uint8Array): Promise<boolean> {
  const [ours, theirs] = [await untar(one), await untar(other)];
  for (const files of [ours, theirs]) files.delete(signaturesFile);
  return (
    ours.size === theirs.size &&
    [...ours].every(([name, bytes]) => Buffer.compare(bytes, theirs.get(name) ?? Buffer.of()) === 0 && theirs.has(name))
  );
}

/** Tells whether a bundle was made from the rules and data that lie beside it, by its revision; needs no OPA. */
export async function isBuiltFrom(pack: PackSources, bundle: Uint8Array): Promise<boolean> {
  return (await loadBundle(bundle, 'digest')).revision === revisionOf(pack);
}

/** Tells whether the holder of this key (PEM) signed the bundle as it is; needs no OPA. */
export async function isSignedBy(pem: string, bundle: Uint8Array): Promise<boolean> {
  return (await inspectBundle(bundle, { keys: [{ keyId: 'build', pem }] })).issues.length === 0;
}

/** Throws for a pack that may not be shipped: in Rego v0, or silent about its title, version, points or what it reads. */
export async function requireShippable(bundle: Uint8Array): Promise<void> {
  const { name, regoVersion } = await loadBundle(bundle, 'digest');
  if (regoVersion !== 1) throw new Error(`policy pack ${name} is in Rego v${regoVersion}; shipped packs are in v1`);
  const manifest: unknown = JSON.parse(Buffer.from((await untar(bundle)).get('.manifest') ?? '{}').toString('utf8'));
  PackMetadata.parse(Reflect.get(Object(manifest), 'metadata'));
}
