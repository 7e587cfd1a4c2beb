import { z } from 'zod';
import { idSchema } from '../core/id.ts';
import { PackVerdict, PolicyInput, PolicyPoint } from '../port/policy-engine.ts';

/** A recorded policy decision: what was asked, what each pack said, and the verdict. */
export const Decision = z
  .strictObject({
    id: idSchema('dec'),
    point: PolicyPoint,
    verdict: z.enum(['allow', 'warn', 'deny']),
    packs: z.array(PackVerdict),
    input: PolicyInput,
    decidedAt: z.iso.datetime(),
    tookMs: z.number().nonnegative().describe('How long the packs took'),
    executionId: idSchema('exec').nullable().describe('The run it belongs to; null for denials, plans and publications'),
  })
  .meta({ id: 'Decision' });
export type Decision = z.infer<typeof Decision>;

/** One reason of a denial as the API answers it. */
export const DenyReason = z.strictObject({
  pack: z.string(),
  rule: z.string(),
  message: z.string(),
  solution: z.string(),
  input: z.string().describe('The value the rule saw'),
  allowed: z.string(),
});
export type DenyReason = z.infer<typeof DenyReason>;
