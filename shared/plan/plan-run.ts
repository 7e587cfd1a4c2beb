import type { JsonObject } from '../core/json/canonical-json.ts';
import { McError } from '../core/errors.ts';
import { decide } from '../decision/decide.ts';
import { buildPolicyInput } from '../decision/policy-input.ts';
import { inputBytesOf } from '../estimate/input-bytes.ts';
import { getWorkflow } from '../manifest/get-workflow.ts';
import { parseManifest } from '../manifest/parse-manifest.ts';
import type { Deps } from '../port/deps.ts';
import type { Actor } from '../tenant/actor.ts';
import { getTenant } from '../tenant/tenant-store.ts';
import { readUsage } from '../tenant/usage.ts';
import { buildPlan, type PinnedManifest } from './build-plan.ts';
import { checkInputs } from './check-inputs.ts';
import { shadowWarnings } from './plan-warnings.ts';
import type { Plan, PlanAnswer } from './plan.ts';

/** What to plan: a stored workflow (drafts too) or the text of a manifest, and the run's inputs as far as they are known. */
export interface PlanRequest {
  workflow?: string;
  manifestText?: string;
  inputs?: JsonObject;
  region?: string;
}

async function manifestOf(deps: Deps, actor: Actor, { workflow, manifestText }: PlanRequest): Promise<PinnedManifest> {
  if (workflow !== undefined && manifestText === undefined) return getWorkflow(deps, actor, workflow);
  // JSON is YAML too, so the text needs no media type.
  if (manifestText !== undefined && workflow === undefined) return parseManifest(manifestText, 'application/yaml');
  const issue = {
    code: 'either-or',
    pointer: '',
    message: 'give a workflow or a manifest',
    allowed: 'exactly one of `workflow` and `manifest`',
    fix: 'Send one of them.',
  };
  throw new McError('mc:request:invalid', issue.message, { issues: [issue] });
}

interface KnownInputs {
  /** Undefined while a run would need more than is given. */
  inputs: JsonObject | undefined;
  warnings: string[];
}

/** Inputs are judged when some are given; without any, planning tells what a run would need. */
function knownInputs({ manifest }: PinnedManifest, given: JsonObject | undefined): KnownInputs {
  const { inputs, issues } = checkInputs(manifest, given ?? {});
  if (issues.length === 0) return { inputs, warnings: [] };
  if (given !== undefined) throw new McError('mc:execution:inputs-invalid', 'the inputs do not fit the workflow', { issues });
  const names = issues.map(({ pointer }) => pointer.slice('/inputs/'.length));
  return { inputs: undefined, warnings: [`a run needs the inputs ${names.join(', ')}`] };
}

async function planOf(deps: Deps, { tenant }: Actor, pinned: PinnedManifest, request: PlanRequest): Promise<Plan> {
  const { inputs, warnings } = knownInputs(pinned, request.inputs);
  const inputBytes = inputs && (await inputBytesOf(deps, tenant, pinned.manifest, inputs));
  const plan = await buildPlan(deps, tenant, pinned, { region: request.region, inputBytes });
  return warnings.length === 0 ? plan : { ...plan, warnings: [...plan.warnings, ...warnings] };
}

/** Dry run: the plan, its price and what policy says about it. Nothing is written, the decision included; a denial is an answer. */
export async function planRun(deps: Deps, actor: Actor, request: PlanRequest): Promise<PlanAnswer> {
  const pinned = await manifestOf(deps, actor, request);
  const tenant = await getTenant(deps, actor.tenant);
  const planned = await planOf(deps, actor, pinned, request);
  const plan = { ...planned, warnings: [...planned.warnings, ...shadowWarnings(planned.tasks, tenant.egressMode)] };
  const usage = await readUsage(deps, tenant);
  const input = buildPolicyInput(deps.config, 'plan', { actor, tenant, usage, plan, manifest: pinned.manifest });
  const decision = await decide(deps, 'plan', { input, packs: tenant.packs });
  return { plan, decision, estimatedCostUSD: plan.estimatedCostUSD };
}
