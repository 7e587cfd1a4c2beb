import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadBundle } from '../../policy/engine/load-bundle.ts';
import { untar } from '../../policy/engine/untar.ts';
import { runOpa } from './find-opa.ts';
import { revisionOf, type PackSources } from './pack-sources.ts';

/** Format, types, tests and full coverage of a pack's rules, judged by OPA itself; throws on the first that fails. */
export function checkRules(opa: string, { folder: cwd, bundled, tests }: PackSources): void {
  const rego = [...bundled, ...tests].filter((file) => file.endsWith('.rego'));
  runOpa(opa, ['fmt', '--fail', '--diff', ...rego], { cwd });
  runOpa(opa, ['check', '--strict', ...rego], { cwd });
  runOpa(opa, ['test', '--verbose', ...bundled, ...tests], { cwd });
  runOpa(opa, ['test', '--coverage', '--threshold', '100', ...bundled, ...tests], { cwd });
}

/**
 * The bundle as `opa build` makes it. Tried: the same OPA gives the same bytes every time (times are 0, files are sorted); another
 * build of OPA may compress differently, which is why bundles are compared file by file.
 */
export function buildBundle(opa: string, pack: PackSources): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'mc-policy-'));
  const output = join(folder, 'bundle.tar.gz');
  const ignored = ['*_test.rego', 'README.md', 'bundle.tar.gz'].flatMap((name) => ['--ignore', name]);
  const entrypoint = `mc/${pack.name}/verdict`;
  try {
    runOpa(opa, ['build', '-t', 'wasm', '-e', entrypoint, '-r', revisionOf(pack), ...ignored, '-o', output, '-b', '.'], {
      cwd: pack.folder,
    });
    return readFileSync(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Tells whether two bundles hold the same files with the same bytes, however they are compressed. */
export async function isSameBundle(one: Uint8Array, other: Uint8Array): Promise<boolean> {
  const [ours, theirs] = [await untar(one), await untar(other)];
  return (
    ours.size === theirs.size &&
    [...ours].every(([name, bytes]) => Buffer.compare(bytes, theirs.get(name) ?? Buffer.of()) === 0 && theirs.has(name))
  );
}

/** Tells whether a bundle was made from the rules and data that lie beside it, by its revision; needs no OPA. */
export async function isBuiltFrom(pack: PackSources, bundle: Uint8Array): Promise<boolean> {
  return (await loadBundle(bundle)).revision === revisionOf(pack);
}
