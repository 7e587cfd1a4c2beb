import { TenantId } from '../../shared/core/tenant-id.ts';
import { catalogTenant } from '../../shared/package/catalog-tenant.ts';
import type { PackageDescriptor } from '../../shared/package/descriptor.ts';
import type { PackageRecord } from '../../shared/package/package-record.ts';
import { publishPackage } from '../../shared/package/publish-package.ts';
import type { Deps } from '../../shared/port/deps.ts';
import { buildBundle } from './build-package.ts';

const message: PackageDescriptor['inputs'] = {
  type: 'object',
  properties: { message: { type: 'string' } },
  required: ['message'],
  additionalProperties: false,
};

/** Fields of `pkg:demo/echo@1.0.0`, which takes and gives exactly one text. */
const echo: Partial<PackageDescriptor> = {
  name: 'demo/echo',
  inputs: message,
  outputs: message,
  resources: { class: 'small', timeout: '30s' },
  cost: { perRunUsdMicros: 10, perSecondUsdMicros: 100, typicalMs: 2_000 },
};

/** Publishes that package, or one that differs in some fields, in the catalog or for another tenant. */
export async function publishTestPackage(
  deps: Deps,
  fields: Partial<PackageDescriptor> = {},
  tenant: string = catalogTenant,
): Promise<PackageRecord> {
  return publishPackage(
    deps,
    { sub: 'publisher', tenant: TenantId.parse(tenant), roles: ['admin'] },
    await buildBundle({ ...echo, ...fields }),
  );
}
