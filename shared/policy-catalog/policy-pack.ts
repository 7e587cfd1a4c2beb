/** Policy packs as the API shows them: the shipped ones and the tenant's own. */
import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { idSchema } from '../core/id.ts';
import { BundleSignature } from '../port/pack-library.ts';
import { Issue } from '../core/issue.ts';
import { PackEntry } from './pack-entry.ts';
import { PackRecord } from './pack-record.ts';

/** `shipped` packs came with the program and judge every tenant; `own` ones were pushed by the tenant and judge its requests only. */
export const PackOrigin = z.enum(['shipped', 'own']);

const RegoVersion = z.union([z.literal(0), z.literal(1)]).describe('The Rego the rules are written in');

/** One line of the catalog: the version of a pack that judges now. */
export const PackSummary = z
  .strictObject({
    name: z.string(),
    origin: PackOrigin,
    title: z.string(),
    version: z.string(),
    digest: Digest.describe('Digest of the bundle'),
    points: PackEntry.shape.points,
    signature: BundleSignature,
    releaseId: idSchema('rel').nullable().describe("The home's own statement that it accepted these bytes; null for shipped packs"),
  })
  .meta({ id: 'PolicyPackSummary' });
export type PackSummary = z.infer<typeof PackSummary>;

/** One published version of a pack. */
export const PackVersion = z.strictObject({
  version: z.string(),
  digest: Digest,
  state: z.enum(['active', 'superseded', 'retired']).describe('One version of a pack judges, or none once it was retired'),
  signature: BundleSignature,
  releaseId: PackSummary.shape.releaseId,
  publishedAt: z.iso.datetime().nullable().describe('Null for shipped packs, which came with the program'),
  publishedBy: z.string().nullable(),
});
export type PackVersion = z.infer<typeof PackVersion>;

/** A pack as a whole: what it judges, its rules with their fixes, its data, its examples, and who signed which version. */
export const PolicyPack = PackEntry.extend({
  origin: PackOrigin,
  digest: Digest.describe('Digest of the bundle that judges now'),
  regoVersion: RegoVersion,
  tenantData: z.record(z.string(), z.json()).describe('What the tenant replaces of `data`'),
  question: z.record(z.string(), z.json()).describe('The base question that the examples change'),
  docs: z.string().describe('The same for people, in Markdown'),
  versions: z.array(PackVersion).describe('The newest first, at most 50'),
  hasOlderVersions: z.boolean(),
}).meta({ id: 'PolicyPack' });
export type PolicyPack = z.infer<typeof PolicyPack>;

/** What a push answers: the version as it is published, and what was accepted but should be mended. */
export const PushedPolicyPack = PackRecord.extend({ warnings: z.array(Issue) }).meta({ id: 'PushedPolicyPack' });
export type PushedPolicyPack = z.infer<typeof PushedPolicyPack>;
