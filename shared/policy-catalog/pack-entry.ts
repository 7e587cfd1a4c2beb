/** What a person needs to know about a policy pack, as generated from its annotations, manifest, data and goldens: `catalog.json`. */
import { z } from 'zod';
import { PolicyPoint } from '../port/policy-engine.ts';
import { GoldenCase } from './pack-goldens.ts';

/** One rule of a pack in words. */
export const PackRule = z.strictObject({
  rule: z.string().describe('`<pack>.<short_name>`, stable'),
  severity: z.enum(['failure', 'warning']).describe('failure denies, warning warns'),
  title: z.string(),
  description: z.string(),
  message: z.string().describe('What the rule says; `{got}`, `{allowed}` and other names in braces stand for values it saw'),
  solution: z.string(),
  effectiveOn: z.iso.datetime().nullable().describe('Moment from which the rule is meant to judge; null for always'),
});
export type PackRule = z.infer<typeof PackRule>;

/** The file `catalog.json` that lies beside the bundle of a pack: what the pack judges, what it reads, its rules, data and examples. */
export const PackEntry = z.strictObject({
  name: z.string(),
  title: z.string(),
  description: z.string(),
  version: z.string().describe('Semantic version of the rules'),
  points: z.array(PolicyPoint).describe('Where the pack is asked'),
  reads: z.array(z.string()).describe('Parts of the question the pack sees, besides `request.point` and `tenant.id`'),
  rules: z.array(PackRule),
  data: z.record(z.string(), z.json()).describe('Rule data of the pack; a tenant replaces any of it in `tenant.data.<pack>`'),
  examples: z.array(GoldenCase).describe('Worked cases, every one of them a test; changes are over the base question'),
});
export type PackEntry = z.infer<typeof PackEntry>;
