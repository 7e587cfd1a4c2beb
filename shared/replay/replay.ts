/** What a replay answers. */
import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { idSchema } from '../core/id.ts';
import { DenyReason } from '../decision/decision.ts';
import { PolicyPoint } from '../port/policy-engine.ts';

/** A decision that allowed, and that the candidate would have denied: who, what, why, for how much. */
export const ReplayedDecision = z.strictObject({
  decisionId: idSchema('dec'),
  point: PolicyPoint,
  decidedAt: z.iso.datetime(),
  executionId: idSchema('exec').nullable(),
  subject: z.string().describe('Who asked'),
  workflow: z.string(),
  reasons: z.array(DenyReason),
  failure: z.string().nullable().describe('Why the candidate gave no verdict, which denies too'),
  estimatedCostUSD: z.number(),
  measuredCostUSD: z.number().nullable().describe('What the run cost; null when nothing ran, or it is not sealed yet'),
});
export type ReplayedDecision = z.infer<typeof ReplayedDecision>;

/** One page of a replay. */
export const ReplayPage = z
  .strictObject({
    pack: z.string(),
    digest: Digest,
    judged: z.int().nonnegative(),
    skipped: z.int().nonnegative().describe('Decisions at points that the candidate does not judge'),
    unchanged: z.int().nonnegative(),
    newlyAllowed: z.int().nonnegative(),
    newlyWarned: z.int().nonnegative(),
    newlyDenied: z.array(ReplayedDecision),
    cursor: z.string().optional().describe('Present when there is more'),
  })
  .meta({ id: 'ReplayPage' });
export type ReplayPage = z.infer<typeof ReplayPage>;
