import type { JsonObject } from '../core/canonical-json.ts';
import { McError } from '../core/errors.ts';
import { decide } from '../decision/decide.ts';
import { buildPolicyInput } from '../decision/policy-input.ts';
import { getWorkflow } from '../manifest/get-workflow.ts';
import { parseManifest } from '../manifest/parse-manifest.ts';
import type { Deps } from '../port/deps.ts';
import type { Actor } from '../tenant/actor.ts';
import { buildPlan, type PinnedManifest } from './build-plan.ts';
import { checkInputs } from './check-inputs.ts';
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

/** Inputs are judged when some are given; without any, planning tells what a run would need. */
function inputWarnings({ manifest }: PinnedManifest, inputs: JsonObject | undefined): string[] {
  const { issues } = checkInputs(manifest, inputs ?? {});
  if (issues.length === 0) return [];
  if (inputs !== undefined) throw new McError('mc:execution:inputs-invalid', 'the inputs do not fit the workflow', { issues });
  return [`a run needs the inputs ${issues.map(({ pointer }) => pointer.slice('/inputs/'.length)).join(', ')}`];
}

async function planOf(deps: Deps, actor: Actor, pinned: PinnedManifest, request: PlanRequest): Promise<Plan> {
  const warnings = inputWarnings(pinned, request.inputs);
  const plan = await buildPlan(deps, actor.tenant, pinned, request.region);
  return warnings.length === 0 ? plan : { ...plan, warnings: [...plan.warnings, ...warnings] };
}

/** Dry run: the plan, its price and what policy says about it. Nothing is written, the decision included; a denial is an answer. */
export async function planRun(deps: Deps, actor: Actor, request: PlanRequest): Promise<PlanAnswer> {
  const pinned = await manifestOf(deps, actor, request);
  const plan = await planOf(deps, actor, pinned, request);
  const input = buildPolicyInput(deps.config, actor, 'plan', { plan, manifest: pinned.manifest });
  const decision = await decide(deps, 'plan', input);
  return { plan, decision, estimatedCostUSD: plan.estimatedCostUSD };
}
