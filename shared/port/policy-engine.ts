/** The policy port: every pack of a point is judged in one call. An engine that cannot judge throws; nobody may read that as allow. */
import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { ResourceClass } from '../manifest/manifest.ts';

/**
 * Where in the life of a run policy is asked: when a version is published, a run is planned or started, an attempt is placed and begun, and
 * when its results are stored.
 */
export const PolicyPoint = z.enum(['publish', 'plan', 'start', 'place', 'task', 'write']);
export type PolicyPoint = z.infer<typeof PolicyPoint>;

const EgressRules = z.array(z.strictObject({ host: z.string(), ports: z.array(z.int()) }));

/** A task as packs see it. */
const PolicyTask = z.strictObject({
  id: z.string(),
  uses: z.string(),
  region: z.string(),
  resourceClass: ResourceClass,
  egress: EgressRules,
  redacts: z.boolean().describe('Whether the task gets its sensitive inputs masked'),
});

/** How bytes are kept: under a key of the home (`kms`), on a volume that its operator declares to be encrypted, or as they are. */
export const StorageEncryption = z.enum(['kms', 'declared', 'none']);
export type StorageEncryption = z.infer<typeof StorageEncryption>;

/** What packs see; the shape is a contract with tenants' own packs. */
export const PolicyInput = z.strictObject({
  actor: z.strictObject({
    sub: z.string(),
    kind: z.enum(['person', 'service']),
    roles: z.array(z.string()),
    tenant: z.string(),
    spiffeId: z.string().nullable().describe('SPIFFE id of the caller, when its token names one'),
  }),
  tenant: z.strictObject({
    id: z.string(),
    quota: z.strictObject({
      maxConcurrent: z.int(),
      inUse: z.int().describe('Open runs, without the one that is judged'),
      resourceClasses: z.array(ResourceClass).describe('Classes the tenant may use'),
    }),
    budget: z.strictObject({
      dailyMaxUSD: z.number(),
      spentUSD: z.number().describe('Measured cost of the runs of this day that are sealed'),
      reservedUSD: z.number().describe('Estimated cost of the runs of this day that are still open'),
      day: z.string().describe('Day in the time zone of the tenant, YYYY-MM-DD'),
      timeZone: z.string(),
    }),
    data: z.record(z.string(), z.record(z.string(), z.json())).describe('Rule data of the tenant by pack; replaces the lists of the pack'),
  }),
  home: z.strictObject({
    region: z.string().nullable().describe('Where the home declares to stand; null when it does not'),
    cloud: z.string(),
    encryption: StorageEncryption,
  }),
  request: z.strictObject({ point: PolicyPoint, region: z.string(), resourceClass: ResourceClass }),
  workflow: z.strictObject({
    name: z.string(),
    version: z.string(),
    digest: Digest,
    region: z.string(),
    dataClass: z.string(),
    dataClassDeclared: z.boolean(),
    exportTag: z.string().nullable(),
    tasks: z.array(PolicyTask).describe('Empty at the points place, task and write, which judge `task`'),
  }),
  plan: z.strictObject({
    estimatedCostUSD: z.number(),
    estimatedCostHighUSD: z.number().describe('Upper end of the interval of the estimate'),
    sandbox: z.string(),
  }),
  task: PolicyTask.nullable().describe('The task of an attempt; null at the points publish, plan and start'),
  placement: z
    .strictObject({ region: z.string().nullable(), cloud: z.string(), sandbox: z.string() })
    .nullable()
    .describe('Where the attempt would run; at the point place only'),
  write: z
    .strictObject({ kind: z.enum(['outputs', 'log']), encryption: StorageEncryption })
    .nullable()
    .describe('What would be stored and how; at the point write only'),
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

/** A pack that a tenant pushed for itself. It can only add reasons: shipped packs judge every request too. */
export const OwnPack = z.strictObject({ name: z.string(), version: z.string(), digest: Digest });
export type OwnPack = z.infer<typeof OwnPack>;

export interface PolicyEngine {
  /**
   * Verdicts of every pack of this point, shipped ones and the tenant's own, in the order of pack names. Throws `mc:policy:unavailable` instead
   * of guessing: for a pack that is missing, does not verify, takes too long or fails. The same list may be handed out
   * again for the same question, so whoever gets it must not change it.
   */
  evaluate(point: PolicyPoint, input: PolicyInput, own: readonly OwnPack[]): Promise<PackVerdict[]>;
  /** As `evaluate`, where nothing has to be waited for, and undefined where it has: every task of every run asks three times. An engine may do without. */
  known?(point: PolicyPoint, input: PolicyInput, own: readonly OwnPack[]): PackVerdict[] | undefined;
}
