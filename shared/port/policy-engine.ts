/** The policy port: every pack of a point is judged in one call. An engine that cannot judge throws; nobody may read that as allow. */
import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { ResourceClass } from '../manifest/manifest.ts';

/** Where in the life of a run policy is asked. */
export const PolicyPoint = z.enum(['publish', 'plan', 'start']);
export type PolicyPoint = z.infer<typeof PolicyPoint>;

/** What packs see (seed 002 §8); the shape is a contract with tenants' own packs. */
export const PolicyInput = z.strictObject({
  actor: z.strictObject({ sub: z.string(), roles: z.array(z.string()), tenant: z.string() }),
  tenant: z.strictObject({ id: z.string() }),
  home: z.strictObject({
    region: z.string().nullable().describe('Where the home declares to stand; null when it does not'),
    cloud: z.string(),
  }),
  request: z.strictObject({ point: PolicyPoint, region: z.string(), resourceClass: ResourceClass }),
  workflow: z.strictObject({
    name: z.string(),
    version: z.string(),
    digest: Digest,
    region: z.string(),
    dataClass: z.string(),
    exportTag: z.string().nullable(),
    tasks: z.array(
      z.strictObject({
        id: z.string(),
        uses: z.string(),
        region: z.string(),
        resourceClass: ResourceClass,
        egress: z.array(z.strictObject({ host: z.string(), ports: z.array(z.int()) })),
      }),
    ),
  }),
  plan: z.strictObject({ estimatedCostUSD: z.number(), sandbox: z.string() }),
});
export type PolicyInput = z.infer<typeof PolicyInput>;

/** Why a rule spoke: the rule, what it saw, what it would have accepted, and how to get there. */
export const RuleEntry = z.strictObject({
  effect: z.enum(['deny', 'warn']),
  rule: z.string().describe('`<pack>.<rule>`, stable'),
  message: z.string(),
  got: z.string().describe('The value the rule saw'),
  allowed: z.string().describe('The values it would have accepted'),
  solution: z.string(),
});
export type RuleEntry = z.infer<typeof RuleEntry>;

export const PackVerdict = z.strictObject({
  pack: z.string(),
  digest: Digest.describe('Digest of the bundle that judged'),
  verdict: z.enum(['allow', 'warn', 'deny']),
  entries: z.array(RuleEntry),
});
export type PackVerdict = z.infer<typeof PackVerdict>;

export interface PolicyEngine {
  /** Verdicts of every loaded pack for this point, in the order of pack names. Throws `mc:policy:unavailable` instead of guessing. */
  evaluate(point: PolicyPoint, input: PolicyInput): Promise<PackVerdict[]>;
}
