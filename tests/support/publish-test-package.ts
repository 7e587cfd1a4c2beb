import { TenantId } from '../../shared/core/tenant-id.ts';
import { writeBundle } from '../../shared/package/bundle.ts';
import { catalogTenant } from '../../shared/package/catalog-tenant.ts';
import { PackageDescriptor } from '../../shared/package/descriptor.ts';
import type { PackageRecord } from '../../shared/package/package-record.ts';
import { publishPackage } from '../../shared/package/publish-package.ts';
import type { Deps } from '../../shared/port/deps.ts';

const text = { type: 'object', properties: { message: { type: 'string' } }, required: ['message'], additionalProperties: false };

/** A descriptor of a package that takes and gives `message`; `overrides` replace whole fields. */
export function buildDescriptor(overrides: Partial<Record<keyof PackageDescriptor, unknown>> = {}): PackageDescriptor {
  return PackageDescriptor.parse({
    schema: 'mc.package.v1',
    name: 'demo/echo',
    version: '1.0.0',
    description: 'Says what it hears.',
    licence: 'Apache-2.0',
    inputs: text,
    outputs: text,
    resources: { class: 'small', timeout: '30s' },
    cost: { perRunUsdMicros: 10, perSecondUsdMicros: 100, typicalMs: 2_000 },
    effects: 'none',
    ...overrides,
  });
}

/** Publishes that package in the catalog, or for another tenant. */
export async function publishTestPackage(deps: Deps, overrides: Parameters<typeof buildDescriptor>[0] = {}, tenant: string = catalogTenant): Promise<PackageRecord> {
  const bytes = await writeBundle({ descriptor: buildDescriptor(overrides), entry: Buffer.from('export default async ({ inputs }) => inputs;\n') });
  return publishPackage(deps, { sub: 'publisher', tenant: TenantId.parse(tenant), roles: ['admin'] }, bytes);
}
