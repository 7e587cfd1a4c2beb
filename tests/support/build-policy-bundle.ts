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
  return fixtureBundle('odd');
}

/** A committed bundle of tests/fixtures/policy, unsigned as `opa build` made it. */
export function fixtureBundle(name: 'clock' | 'endless' | 'isolation' | 'legacy' | 'odd'): Uint8Array {
  return readFileSync(new URL(`../fixtures/policy/${name}/bundle.tar.gz`, import.meta.url));
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

/** A bundle with fields of its manifest replaced, and fields of its metadata. */
export async function changedManifest(
  archive: Uint8Array,
  { metadata, ...fields }: Readonly<Record<string, unknown>> & { metadata?: object },
): Promise<Uint8Array> {
  const files = await untar(archive);
  const manifest = JSON.parse(Buffer.from(files.get('.manifest') ?? []).toString()) as { metadata?: object }; // As opa build wrote it.
  const text = JSON.stringify({ ...manifest, ...fields, metadata: { ...manifest.metadata, ...metadata } });
  return packed(new Map([...files, ['.manifest', Buffer.from(text)]]));
}

/** The archive of these files. */
export async function packed(files: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  return buildArchive([...files].map(([name, bytes]) => ({ name: `/${name}`, bytes })));
}
