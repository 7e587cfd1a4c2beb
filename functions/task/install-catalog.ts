import { ResourceClass } from '../../shared/core/resource-class.ts';
import { installCatalogPackage } from '../../shared/package/install-catalog-package.ts';
import { homeAuthority } from '../../shared/identity/home-authority.ts';
import { ensureOwnerTenant } from '../../shared/tenant-admin/ensure-owner-tenant.ts';
import { deploymentLambda } from '../middleware/deployment-lambda.ts';

/** More than a worker of this home runs at once, so that the owner waits rather than being denied; the owner can set another number. */
const ownerQuota = { maxConcurrent: 1_000, resourceClasses: [...ResourceClass.options] };

/**
 * Opens the tenant of the home's owner, makes the authorities that vouch for its signers, and publishes the packages of the catalog whenever a deployment brings other ones: so `cdk deploy` alone
 * leaves a home that can run and somebody who may say who else may.
 */
export const handler = deploymentLambda(async (deps) => {
  await ensureOwnerTenant(deps, ownerQuota);
  await homeAuthority(deps);
  const { prebuiltCatalog } = await import('../wire/prebuilt-catalog.ts');
  for (const bytes of await prebuiltCatalog()) {
    const { uses, digest } = await installCatalogPackage(deps, bytes);
    deps.logger.info('a package of the catalog is installed', { uses, digest });
  }
});
