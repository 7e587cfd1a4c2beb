/** A start as a caller asks for it: a published workflow and inputs that fit it. How the run begins is admit-run.ts. */
import { digestJson } from '../../core/digest.ts';
import { assertInvariant } from '../../core/errors.ts';
import type { Deps } from '../../port/deps.ts';
import type { Actor } from '../../tenant/actor.ts';
import type { StartRequest } from '../execution.ts';
import type { IdempotencyClaim } from './admission.ts';
import { admitRun, refuseWhenFull, type StartResult } from './admit-run.ts';
import { findEarlierAnswer } from './idempotency.ts';
import type { WriteAdmission } from './joined-admissions.ts';
import { prepareRun } from './prepare-run.ts';

export type { StartResult } from './admit-run.ts';

/** Starts a run, answers the earlier run for a repeated key, or the decision that denies it. `write` writes its admission; with others of the same turn, when it is left out. */
export async function startExecution(
  deps: Deps,
  actor: Actor,
  request: StartRequest & { idempotencyKey?: string },
  write?: WriteAdmission,
): Promise<StartResult> {
  const { idempotencyKey, ...body } = request;
  const claim: IdempotencyClaim | undefined =
    idempotencyKey === undefined ? undefined : { operation: 'startExecution', key: idempotencyKey, requestDigest: digestJson(body) };
  const earlier = claim && (await findEarlierAnswer(deps, actor, claim));
  if (earlier) return { kind: 'started', execution: earlier, replayed: true };
  refuseWhenFull(deps);
  const result = await admitRun(deps, actor, await prepareRun(deps, actor, body), { claim, write });
  assertInvariant(result.kind !== 'outrun', 'a start comes from no other run that could have moved');
  return result;
}
