import { installCatalogPackage } from '../../shared/package/install-catalog-package.ts';
import { deploymentLambda } from '../middleware/deployment-lambda.ts';

/** Publishes the packages of the catalog whenever a deployment brings other ones, so that `cdk deploy` alone leaves a home that can run. */
export const handler = deploymentLambda(async (deps) => {
  const { prebuiltCatalog } = await import('../wire/prebuilt-catalog.ts');
  for (const bytes of await prebuiltCatalog()) {
    const { uses, digest } = await installCatalogPackage(deps, bytes);
    deps.logger.info('a package of the catalog is installed', { uses, digest });
  }
});
