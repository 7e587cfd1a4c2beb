/** A start as a caller asks for it: a published workflow and inputs that fit it. How the run begins is admit-run.ts. */
import { digestJson } from '../../core/digest.ts';
import { assertInvariant, McError } from '../../core/errors.ts';
import { inputBytesOf } from '../../estimate/input-bytes.ts';
import { getPublished } from '../../manifest/get-workflow.ts';
import { buildPlan } from '../../plan/build-plan.ts';
import { checkInputs } from '../../plan/check-inputs.ts';
import type { Deps } from '../../port/deps.ts';
import type { Actor } from '../../tenant/actor.ts';
import type { StartRequest } from '../execution.ts';
import { storeJson } from '../stored-json.ts';
import type { IdempotencyClaim } from './admission.ts';
import { admitRun, refuseWhenFull, type PreparedRun, type StartResult } from './admit-run.ts';
import { findEarlierAnswer } from './idempotency.ts';
import { requireFiles } from './input-files.ts';

export type { StartResult } from './admit-run.ts';

/** Starts a run, answers the earlier run for a repeated key, or the decision that denies it. */
export async function startExecution(deps: Deps, actor: Actor, request: StartRequest & { idempotencyKey?: string }): Promise<StartResult> {
  const { idempotencyKey, ...body } = request;
  const claim: IdempotencyClaim | undefined =
    idempotencyKey === undefined ? undefined : { operation: 'startExecution', key: idempotencyKey, requestDigest: digestJson(body) };
  const earlier = claim && (await findEarlierAnswer(deps, actor, claim));
  if (earlier) return { kind: 'started', execution: earlier, replayed: true };
  refuseWhenFull(deps);
  const result = await admitRun(deps, actor, await prepare(deps, actor, body), claim);
  assertInvariant(result.kind !== 'outrun', 'a start comes from no other run that could have moved');
  return result;
}

/** What must hold before policy is asked: a published workflow, inputs that fit it, a plan whose packages exist. */
async function prepare(deps: Deps, actor: Actor, body: StartRequest): Promise<PreparedRun> {
  const { manifest, digest } = await getPublished(deps, actor, body.workflow);
  const { inputs, issues } = checkInputs(manifest, body.inputs ?? {});
  if (issues.length > 0) throw new McError('mc:execution:inputs-invalid', 'the inputs do not fit the workflow', { issues });
  const files = await requireFiles(deps, actor.tenant, manifest, inputs);
  const inputBytes = await inputBytesOf(deps, actor.tenant, manifest, inputs);
  assertInvariant(inputBytes !== undefined, 'a file that was there is gone');
  const plan = await buildPlan(deps, actor.tenant, { manifest, digest }, { region: body.region, inputBytes });
  return { manifest, plan, inputs: await storeJson(deps, actor.tenant, inputs), files, inputBytes };
}
