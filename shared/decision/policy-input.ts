import { ResourceClass, type Manifest } from '../manifest/manifest.ts';
import type { HomeConfig } from '../port/deps.ts';
import { toUsd, type UsdMicros } from '../core/money.ts';
import type { PolicyInput, PolicyPoint } from '../port/policy-engine.ts';
import type { Actor } from '../tenant/actor.ts';
import type { Tenant } from '../tenant/tenant.ts';
import type { Usage } from '../tenant/usage.ts';

/** What of a plan packs see; said here as a shape, because plans are made of decisions. */
interface PlannedRun {
  region: string;
  sandbox: string;
  estimatedCostUsdMicros: UsdMicros;
  estimatedCostHighUsdMicros: UsdMicros;
  workflow: Pick<PolicyInput['workflow'], 'name' | 'version' | 'digest'>;
  tasks: readonly PlannedTask[];
}

type PlannedTask = Omit<PolicyInput['workflow']['tasks'][number], 'redacts'> & { compensateUses: string | null };

/** Who asks for what: everything a pack may see of the caller and the run. */
export interface JudgedRun {
  actor: Actor;
  tenant: Tenant;
  usage: Usage;
  plan: PlannedRun;
  manifest: Manifest;
}

/** The order of the schema is the order of size. */
const sizes = ResourceClass.options;

function largestClass(classes: readonly ResourceClass[]): ResourceClass {
  return sizes.findLast((size) => classes.includes(size)) ?? 'small';
}

function actorOf({ sub, roles, tenant, spiffeId, isService }: Actor): PolicyInput['actor'] {
  return { sub, kind: isService === true ? 'service' : 'person', roles: [...roles], tenant, spiffeId: spiffeId ?? null };
}

function tenantOf({ id, quota, dailyMaxUsdMicros, timeZone, data }: Tenant, usage: Usage): PolicyInput['tenant'] {
  return {
    id,
    quota: { maxConcurrent: quota.maxConcurrent, inUse: usage.inUse, resourceClasses: [...quota.resourceClasses] },
    budget: {
      dailyMaxUSD: toUsd(dailyMaxUsdMicros),
      spentUSD: toUsd(usage.measuredUsdMicros),
      reservedUSD: toUsd(usage.reservedUsdMicros),
      day: usage.day,
      timeZone,
    },
    data,
  };
}

function tasksOf(manifest: Manifest, tasks: readonly PlannedTask[]): PolicyInput['workflow']['tasks'] {
  const redacting = new Set(manifest.tasks.filter(({ redact = [] }) => redact.length > 0).map(({ id }) => id));
  // A compensation has inputs of its own, which nobody masks.
  return tasks.map(({ id, uses, region, resourceClass, egress, compensateUses }) => ({
    id,
    uses,
    region,
    resourceClass,
    egress,
    redacts: redacting.has(id) && compensateUses === null,
  }));
}

/**
 * The one view of a run that packs judge: tasks as they are planned (so defaults are filled in), the region as it is planned, which is the
 * one asked for where one was. The region of the workflow is the manifest's; a manifest that names none is bound to the home's.
 */
export function buildPolicyInput(home: HomeConfig, point: PolicyPoint, { actor, tenant, usage, plan, manifest }: JudgedRun): PolicyInput {
  return {
    actor: actorOf(actor),
    tenant: tenantOf(tenant, usage),
    home: { region: home.declaredRegion, cloud: home.cloud, encryption: home.encryption },
    request: { point, region: plan.region, resourceClass: largestClass(plan.tasks.map((task) => task.resourceClass)) },
    workflow: {
      name: plan.workflow.name,
      version: plan.workflow.version,
      digest: plan.workflow.digest,
      region: manifest.region ?? home.region,
      dataClass: manifest.dataClass ?? 'internal',
      dataClassDeclared: manifest.dataClass !== undefined,
      exportTag: manifest.exportTag ?? null,
      tasks: tasksOf(manifest, plan.tasks),
    },
    plan: {
      estimatedCostUSD: toUsd(plan.estimatedCostUsdMicros),
      estimatedCostHighUSD: toUsd(plan.estimatedCostHighUsdMicros),
      sandbox: plan.sandbox,
    },
    task: null,
    placement: null,
    write: null,
  };
}
