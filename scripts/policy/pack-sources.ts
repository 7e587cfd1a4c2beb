import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestBytes, digestJson } from '../../shared/core/digest.ts';

/** The folder of a pack: what people write there, apart from what is made of it. */
export interface PackSources {
  name: string;
  folder: string;
  /** Rules and data, the files that go into the bundle as they are. */
  bundled: string[];
  tests: string[];
}

/** Every pack in the order of names; a folder is a pack when it has a `.manifest`. */
export function readPackSources(packs: string): PackSources[] {
  const folders = readdirSync(packs, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders
    .map(({ name }) => ({ name, folder: join(packs, name), files: readdirSync(join(packs, name)).sort() }))
    .filter(({ files }) => files.includes('.manifest'))
    .map(({ name, folder, files }) => ({
      name,
      folder,
      bundled: files.filter((file) => file === 'data.json' || (file.endsWith('.rego') && !file.endsWith('_test.rego'))),
      tests: files.filter((file) => file.endsWith('_test.rego')),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The revision of a bundle is the digest of its sources, so that equal rules and data have equal revisions. */
export function revisionOf({ folder, bundled }: PackSources): string {
  return digestJson(['.manifest', ...bundled].map((file) => [file, digestBytes(readFileSync(join(folder, file)))]));
}
