import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { UsdMicros } from '../core/money.ts';
import { TenantId } from '../core/tenant-id.ts';
import { Decision } from '../decision/decision.ts';
import { Egress, ResourceClass } from '../manifest/manifest.ts';
import { sandboxLevels } from '../port/runner.ts';

/** Where the price of a task comes from, and how far it may be off. */
export const TaskEstimate = z.strictObject({
  basis: z.enum(['declared', 'learned']).describe('`declared` by the package, or `learned` from the receipts of the tenant'),
  samples: z.int().nonnegative().describe('Attempts it was learned from'),
  lowUsdMicros: UsdMicros,
  highUsdMicros: UsdMicros,
  why: z.string().describe('In words: what was looked at'),
});
export type TaskEstimate = z.infer<typeof TaskEstimate>;

/** One task of a plan: what would run, from which bytes, for how much. */
export const PlannedTask = z.strictObject({
  id: z.string(),
  uses: z.string(),
  packageDigest: Digest,
  packageOwner: TenantId.describe('The tenant that published the package: your own, or the catalog’s'),
  needs: z.array(z.string()),
  /** 0 for tasks that can start at once; display only, tasks start when their needs are met. */
  depth: z.int().nonnegative(),
  region: z.string(),
  resourceClass: ResourceClass,
  timeoutMs: z.int().positive(),
  retries: z.int().nonnegative(),
  egress: Egress.shape.allow,
  compensateUses: z.string().nullable(),
  compensateDigest: Digest.nullable(),
  compensateOwner: TenantId.nullable(),
  estimatedMs: z.int().nonnegative(),
  estimatedCostUsdMicros: UsdMicros,
  estimate: TaskEstimate,
});
export type PlannedTask = z.infer<typeof PlannedTask>;

/** What a run would do, without doing it. */
export const Plan = z
  .strictObject({
    workflow: z.strictObject({ name: z.string(), version: z.string(), digest: Digest }),
    region: z.string(),
    sandbox: z.enum(sandboxLevels),
    timeoutMs: z.int().positive(),
    tasks: z.array(PlannedTask).describe('In an order in which they could run one after another'),
    estimatedCostUsdMicros: UsdMicros,
    estimatedCostLowUsdMicros: UsdMicros,
    estimatedCostHighUsdMicros: UsdMicros,
    estimatedCostUSD: z.number().nonnegative(),
    estimateBasis: z.literal('estimated'),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'Plan' });
export type Plan = z.infer<typeof Plan>;

export const PlanAnswer = z
  .strictObject({ plan: Plan, decision: Decision, estimatedCostUSD: z.number().nonnegative() })
  .meta({ id: 'PlanAnswer' });
export type PlanAnswer = z.infer<typeof PlanAnswer>;
