import type { Digest } from '../core/digest.ts';
import { McError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';
import { catalogTenant } from './catalog-tenant.ts';
import type { PackageDescriptor } from './descriptor.ts';
import { splitPackageRef } from './package-ref.ts';
import { findPackages, hasAnyPackage, queryPackages } from './package-store.ts';

export interface ResolvedPackage {
  uses: string;
  digest: Digest;
  /** The tenant that published it. */
  owner: TenantId;
  descriptor: PackageDescriptor;
}

/** As many as one page holds; a suggestion is a courtesy and may miss some. */
const maxSuggestions = 100;

async function notFound(deps: Pick<Deps, 'table'>, tenant: TenantId, uses: string): Promise<McError> {
  const pages = await Promise.all([tenant, catalogTenant].map((owner) => queryPackages(deps, owner, { limit: maxSuggestions })));
  const known = [...new Set(pages.flatMap((page) => page.items.map((record) => record.uses)))];
  const meant = nearest(uses, known);
  return new McError('mc:package:not-found', `There is no package ${uses}${meant === undefined ? '' : `; did you mean ${meant}?`}`);
}

/** The package that a task's `uses` names for this tenant: its own one, else the one of the catalog, else undefined; one read. */
export async function findPackage(deps: Pick<Deps, 'table'>, tenant: TenantId, uses: string): Promise<ResolvedPackage | undefined> {
  const ref = splitPackageRef(uses);
  if (ref === undefined) return undefined;
  const owners = tenant === catalogTenant ? [tenant] : [tenant, catalogTenant];
  const records = await findPackages(deps, owners, ref.name, ref.version);
  const [found] = owners.flatMap((owner, index) => {
    const record = records[index];
    // Several texts have one sort key, such as `1.0.0` and `01.0.0?x`: under another name than its own a package is none that anybody published or a policy knows.
    return record?.uses === uses ? [{ uses: record.uses, digest: record.digest, owner, descriptor: record.descriptor }] : [];
  });
  return found;
}

/** As findPackage; throws `mc:package:not-found` where there is none, with what was meant. */
export async function resolvePackage(deps: Pick<Deps, 'table'>, tenant: TenantId, uses: string): Promise<ResolvedPackage> {
  if (splitPackageRef(uses) === undefined)
    throw new McError('mc:package:not-found', `${uses} is not of the form pkg:<type>/<name>@<version>`);
  const found = await findPackage(deps, tenant, uses);
  if (found === undefined) throw await notFound(deps, tenant, uses);
  return found;
}

/** Whether the tenant has a package of its own under one of these names, which then comes before that of the catalog. */
export async function hasOwnPackage(deps: Pick<Deps, 'table'>, tenant: TenantId, uses: readonly string[]): Promise<boolean> {
  return hasAnyPackage(
    deps,
    tenant,
    uses.flatMap((each) => splitPackageRef(each) ?? []),
  );
}
