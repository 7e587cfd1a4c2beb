/**
 * Puts the packages that are shipped with the product into a home, under the reserved tenant of the catalog. Safe to call at every start: what is there stays as
 * it is, and sources that were installed before are not even built again.
 */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stop } from 'esbuild';
import { z } from 'zod';
import { Digest, digestBytes, digestJson } from '../shared/core/digest.ts';
import { catalogTenant } from '../shared/package/catalog-tenant.ts';
import { installCatalogPackage } from '../shared/package/install-catalog-package.ts';
import type { Deps } from '../shared/port/deps.ts';
import { buildPackage } from './package-builder.ts';

const folder = dirname(fileURLToPath(import.meta.url));
const lockfile = join(dirname(folder), 'package-lock.json');

const InstalledPackage = z.strictObject({ uses: z.string(), digest: Digest });
export type InstalledPackage = z.infer<typeof InstalledPackage>;

const Marker = z.looseObject({ sources: Digest, packages: z.array(InstalledPackage) });
const markerKey = { pk: `T#${catalogTenant}#CATALOG`, sk: 'INSTALLED' };

type InstallDeps = Pick<Deps, 'table' | 'blobs' | 'signer' | 'ids' | 'clock' | 'faults' | 'logger' | 'config'>;

/** What the bundles are made from: our sources, and through the lockfile everything they import and the bundler itself. */
async function digestSources(): Promise<Digest> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const digests = await Promise.all([...paths.sort(), lockfile].map(async (path) => digestBytes(await readFile(path))));
  return digestJson(digests);
}

/** The bundler is one process for all installations that run at the same time. */
let installations = 0;

/** Builds and publishes every package of the catalog; answers what tasks can use. */
export async function installCatalog(deps: InstallDeps): Promise<InstalledPackage[]> {
  const sources = await digestSources();
  const found = Marker.safeParse(await deps.table.get(markerKey));
  if (found.success && found.data.sources === sources) return found.data.packages;
  const names = await readdir(join(folder, 'packages'));
  installations += 1;
  try {
    const packages = await Promise.all(
      names.sort().map(async (name) => installCatalogPackage(deps, await buildPackage(join(folder, 'packages', name)))),
    );
    await deps.table.write([{ kind: 'put', item: { ...markerKey, type: 'catalog', sources, packages } }]);
    return packages;
  } finally {
    installations -= 1;
    // A home runs for weeks without bundling anything again.
    if (installations === 0) await stop();
  }
}
