import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack, type Header } from 'tar-stream';
import { untar } from '../../policy/engine/untar.ts';

/** The committed bundle of the residency pack. */
export function residencyBundle(): Uint8Array {
  return readFileSync(new URL('../../policy/packs/residency/bundle.tar.gz', import.meta.url));
}

/** The bundle of a pack that does what the region of the request says (tests/fixtures/policy/odd/odd.rego). */
export function oddBundle(): Uint8Array {
  return readFileSync(new URL('../fixtures/policy/odd/bundle.tar.gz', import.meta.url));
}

/** A gzipped tar with exactly these entries, in their order. */
export async function buildArchive(
  entries: readonly (Partial<Header> & { name: string; bytes?: Uint8Array | string })[],
): Promise<Uint8Array> {
  const archive = pack();
  for (const { bytes = '', ...header } of entries) archive.entry(header, bytes);
  archive.finalize();
  return gzipSync(await buffer(archive));
}

/** The residency bundle with files replaced, added, or (as undefined) taken away. */
export async function changedBundle(changes: Readonly<Record<string, Uint8Array | string | undefined>>): Promise<Uint8Array> {
  const files: Record<string, Uint8Array | string | undefined> = { ...Object.fromEntries(await untar(residencyBundle())), ...changes };
  return buildArchive(Object.entries(files).flatMap(([name, bytes]) => (bytes === undefined ? [] : [{ name: `/${name}`, bytes }])));
}
