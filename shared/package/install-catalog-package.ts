import { hasCode } from '../core/errors.ts';
import type { Deps } from '../port/deps.ts';
import type { Actor } from '../tenant/actor.ts';
import { readBundle } from './bundle.ts';
import { catalogTenant } from './catalog-tenant.ts';
import type { PackageRecord } from './package-record.ts';
import { publishPackage } from './publish-package.ts';
import { resolvePackage } from './resolve-package.ts';

const installer: Actor = { sub: 'system:catalog', tenant: catalogTenant, roles: ['admin'] };

type InstallDeps = Pick<Deps, 'table' | 'blobs' | 'signer' | 'ids' | 'clock' | 'faults' | 'logger' | 'config'>;

/** Publishes a package of the product under the reserved tenant; a version that this home has published stays as it is, whatever the bytes. */
export async function installCatalogPackage(deps: InstallDeps, bytes: Uint8Array): Promise<Pick<PackageRecord, 'uses' | 'digest'>> {
  try {
    const { uses, digest } = await publishPackage(deps, installer, bytes);
    return { uses, digest };
  } catch (error) {
    if (!hasCode(error, 'mc:package:conflict')) throw error;
    // Published versions never change, not even for us: the home keeps what its runs were recorded with.
    const { name: known, version } = (await readBundle(bytes)).descriptor;
    const { uses, digest } = await resolvePackage(deps, catalogTenant, `pkg:${known}@${version}`);
    deps.logger.warn('the catalog has other sources for a version that this home has published; the published one stays', { uses, digest });
    return { uses, digest };
  }
}
