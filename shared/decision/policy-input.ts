import { ResourceClass, type Manifest } from '../manifest/manifest.ts';
import type { HomeConfig } from '../port/deps.ts';
import type { PolicyInput, PolicyPoint } from '../port/policy-engine.ts';
import type { Actor } from '../tenant/actor.ts';

/** What of a plan packs see; said here as a shape, because plans are made of decisions. */
type PlannedRun = PolicyInput['plan'] & {
  region: string;
  workflow: Pick<PolicyInput['workflow'], 'name' | 'version' | 'digest'>;
  tasks: PolicyInput['workflow']['tasks'];
};

interface JudgedRun {
  plan: PlannedRun;
  manifest: Manifest;
}

/** The order of the schema is the order of size. */
const sizes = ResourceClass.options;

function largestClass(classes: readonly ResourceClass[]): ResourceClass {
  return sizes.findLast((size) => classes.includes(size)) ?? 'small';
}

/**
 * The one view of a run that packs judge: tasks as they are planned (so defaults are filled in), the region as it is planned, which is the
 * one asked for where one was. The region of the workflow is the manifest's; a manifest that names none is bound to the home's.
 */
export function buildPolicyInput(home: HomeConfig, actor: Actor, point: PolicyPoint, { plan, manifest }: JudgedRun): PolicyInput {
  return {
    actor: { sub: actor.sub, roles: [...actor.roles], tenant: actor.tenant },
    tenant: { id: actor.tenant },
    home: { region: home.declaredRegion, cloud: home.cloud },
    request: { point, region: plan.region, resourceClass: largestClass(plan.tasks.map((task) => task.resourceClass)) },
    workflow: {
      name: plan.workflow.name,
      version: plan.workflow.version,
      digest: plan.workflow.digest,
      region: manifest.region ?? home.region,
      dataClass: manifest.dataClass ?? 'internal',
      exportTag: manifest.exportTag ?? null,
      tasks: plan.tasks.map(({ id, uses, region, resourceClass, egress }) => ({ id, uses, region, resourceClass, egress })),
    },
    plan: { estimatedCostUSD: plan.estimatedCostUSD, sandbox: plan.sandbox },
  };
}
