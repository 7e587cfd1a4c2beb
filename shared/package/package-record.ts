import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { idSchema } from '../core/id.ts';
import { PackageDescriptor } from './descriptor.ts';

/** A published version of a package; it never changes. */
export const PackageRecord = z
  .strictObject({
    id: idSchema('pkg'),
    name: z.string().describe('`<type>/<name>`'),
    version: z.string(),
    uses: z.string().describe('How a task names it: `pkg:<type>/<name>@<version>`'),
    digest: Digest.describe('Digest of the bundle'),
    releaseId: idSchema('rel').describe('The signed statement that this home released these bytes under this name'),
    descriptor: PackageDescriptor,
    publishedAt: z.iso.datetime(),
    publishedBy: z.string(),
  })
  .meta({ id: 'Package' });
export type PackageRecord = z.infer<typeof PackageRecord>;
