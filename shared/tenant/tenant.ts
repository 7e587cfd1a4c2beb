/** A tenant: who shares runs, budget and rule data. Its settings are what quotas, budgets and packs judge by. */
import { z } from 'zod';
import { TenantId } from '../core/tenant-id.ts';
import { UsdMicros } from '../core/money.ts';
import { ResourceClass } from '../core/resource-class.ts';
import { EgressMode } from '../port/egress-trace.ts';
import { OwnPack } from '../port/policy-engine.ts';
import { Role } from './actor.ts';
import { Retention } from './retention.ts';

/** Limits of what a tenant may be set to, each with its reason. */
export const tenantLimits = {
  /** More open runs than any home was measured with; a cap above it is a slip of the keyboard. */
  maxConcurrent: 100_000,
  /** A million dollars a day; the same reason. */
  dailyMaxUsdMicros: 1_000_000_000_000,
  /** Each class once, with room for repetitions, which mean nothing. */
  classEntries: 10,
  /** Rule data travels in every policy input. */
  dataBytes: 32 * 1024,
  /** Packs of a tenant's own; each is judged at every start. */
  packs: 20,
  /** Public keys that may sign its packs: the one in use, the next, and a few of teams. */
  policyKeys: 10,
} as const;

/** How many runs may be open at once and which classes they may use. */
export const Quota = z.strictObject({
  maxConcurrent: z.int().min(1).max(tenantLimits.maxConcurrent),
  resourceClasses: z.array(ResourceClass).min(1),
});
export type Quota = z.infer<typeof Quota>;

/** A public key whose signature on a bundle is accepted at push. */
export const PolicyKey = z.strictObject({ keyId: z.string(), pem: z.string() });
export type PolicyKey = z.infer<typeof PolicyKey>;

/** The stored tenant. `version` counts changes, so that of two changes at once one is told. */
export const Tenant = z.object({
  id: TenantId,
  displayName: z.string(),
  timeZone: z.string().describe('IANA name; the budget day begins at its midnight'),
  quota: Quota,
  dailyMaxUsdMicros: UsdMicros,
  data: z.record(z.string(), z.record(z.string(), z.json())),
  packs: z.array(OwnPack).max(tenantLimits.packs),
  policyKeys: z.array(PolicyKey).max(tenantLimits.policyKeys),
  egressMode: EgressMode.default('enforce').describe('`shadow` lets tasks call public hosts outside of their list, and writes it down'),
  retention: Retention.optional().describe('What is kept for how many days; without it, the defaults'),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  version: z.int().positive(),
});
export type Tenant = z.infer<typeof Tenant>;

/** A member; its role wins over the roles of the token, and a suspended member may do nothing. */
export const Member = z
  .strictObject({
    subject: z.string().min(1).max(256),
    role: Role,
    kind: z.enum(['person', 'service']),
    suspended: z.boolean(),
    updatedAt: z.iso.datetime(),
    updatedBy: z.string(),
  })
  .meta({ id: 'Member' });
export type Member = z.infer<typeof Member>;
