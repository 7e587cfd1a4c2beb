import { resolveConfig, format } from 'prettier';
import { join } from 'node:path';
import { renderReadme } from './pack-readme.ts';
import { packDocs } from './pack-docs.ts';
import type { PackSources } from './pack-sources.ts';

async function formatted(path: string, text: string): Promise<{ path: string; text: string }> {
  return { path, text: await format(text, { ...(await resolveConfig(path)), filepath: path }) };
}

/** The files that are generated from what a pack says about itself, as they must lie in its folder: README.md and catalog.json. */
export async function packPages(opa: string, pack: PackSources): Promise<{ path: string; text: string }[]> {
  const entry = packDocs(opa, pack);
  return [
    await formatted(join(pack.folder, 'README.md'), renderReadme(entry)),
    await formatted(join(pack.folder, 'catalog.json'), JSON.stringify(entry)),
  ];
}
