import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The packages of the catalog as the bundle step built them, beside the handler: a deployed home has no bundler and no sources. */
export async function prebuiltCatalog(): Promise<Uint8Array[]> {
  const folder = fileURLToPath(new URL('./catalog/', import.meta.url));
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map((name) => readFile(join(folder, name))));
}
