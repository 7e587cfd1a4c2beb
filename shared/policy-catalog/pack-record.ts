import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { idSchema } from '../core/id.ts';
import { BundleSignature } from '../port/pack-library.ts';
import { PolicyPoint } from '../port/policy-engine.ts';

/** A pushed version of a tenant's own pack as it is stored; it never changes. What it says about itself is read from its bundle. */
export const PackRecord = z.strictObject({
  name: z.string(),
  version: z.string(),
  title: z.string(),
  points: z.array(PolicyPoint),
  regoVersion: z.union([z.literal(0), z.literal(1)]),
  digest: Digest,
  signature: BundleSignature,
  releaseId: idSchema('rel'),
  publishedAt: z.iso.datetime(),
  publishedBy: z.string(),
});
export type PackRecord = z.infer<typeof PackRecord>;
