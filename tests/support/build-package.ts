import { writeBundle } from '../../shared/package/bundle.ts';
import type { PackageDescriptor } from '../../shared/package/descriptor.ts';

/** A descriptor that takes and gives any object. */
export function buildDescriptor(fields: Partial<PackageDescriptor> = {}): PackageDescriptor {
  return {
    schema: 'mc.package.v1',
    name: 'test/echo',
    version: '1.0.0',
    description: 'Answers what it was given.',
    licence: 'Apache-2.0',
    inputs: { type: 'object' },
    outputs: { type: 'object' },
    resources: { class: 'small', timeout: '10s' },
    cost: { perRunUsdMicros: 10, perSecondUsdMicros: 5, typicalMs: 50 },
    effects: 'none',
    ...fields,
  };
}

/** The bundle of a package with this code. */
export function buildBundle(
  fields: Partial<PackageDescriptor> = {},
  code = 'export default async ({ inputs }) => inputs;\n',
): Promise<Uint8Array> {
  return writeBundle({ descriptor: buildDescriptor(fields), entry: Buffer.from(code) });
}
