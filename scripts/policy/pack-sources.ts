import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { digestBytes, digestJson } from '../../shared/core/digest.ts';

/** The folder of a pack: what people write there, apart from what is made of it. */
export interface PackSources {
  name: string;
  folder: string;
  /** Rules and data, the files that go into the bundle as they are. */
  bundled: string[];
  tests: string[];
}

/** The pack in a folder; undefined when it has no `.manifest`, and so is none. */
export function readPack(folder: string): PackSources | undefined {
  const files = readdirSync(folder).sort();
  if (!files.includes('.manifest')) return undefined;
  return {
    name: basename(folder),
    folder,
    bundled: files.filter((file) => file === 'data.json' || (file.endsWith('.rego') && !file.endsWith('_test.rego'))),
    tests: files.filter((file) => file.endsWith('_test.rego')),
  };
}

/** Every pack in the order of names; a folder is a pack when it has a `.manifest`. */
export function readPackSources(packs: string): PackSources[] {
  return readdirSync(packs, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => readPack(join(packs, name)) ?? [])
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The revision of a bundle is the digest of its sources, so that equal rules and data have equal revisions. */
export function revisionOf({ folder, bundled }: PackSources): string {
  return digestJson(['.manifest', ...bundled].map((file) => [file, digestBytes(readFileSync(join(folder, file)))]));
}
