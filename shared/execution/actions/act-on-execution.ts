/** The three actions on a run, in one place: same reason, same idempotency key, same audit event, one measure of how long a person waits for the answer. */
import { z } from 'zod';
import { digestJson } from '../../core/digest.ts';
import type { Deps } from '../../port/deps.ts';
import { metricNames } from '../../port/metrics.ts';
import type { Actor } from '../../tenant/actor.ts';
import type { IdempotencyClaim } from '../admit/admission.ts';
import type { StartResult } from '../admit/admit-run.ts';
import { findEarlierAnswer } from '../admit/idempotency.ts';
import { parseExecutionId } from '../read/get-execution.ts';
import { cancelExecution } from './cancel-execution.ts';
import { rerunExecution } from './rerun-execution.ts';

export const ExecutionAction = z.enum(['cancel', 'retry', 'replay']);
export type ExecutionAction = z.infer<typeof ExecutionAction>;

/** Body of every action. */
export const ActionReason = z
  .strictObject({ reason: z.string().trim().min(1).max(500).describe('Why; it stands in the audit event, and of a cancel in the receipt') })
  .meta({ id: 'ActionReason' });
export type ActionReason = z.infer<typeof ActionReason>;

export interface ActionRequest extends ActionReason {
  id: string;
  action: ExecutionAction;
  idempotencyKey?: string;
}

/** Acts on a run and answers it, or the new run; the same key and request again answer the same without acting. */
export async function actOnExecution(deps: Deps, actor: Actor, request: ActionRequest): Promise<StartResult> {
  const startedMs = deps.clock.elapsedMs();
  try {
    return await act(deps, actor, request);
  } finally {
    deps.metrics.record(metricNames.actionLatencyMs, deps.clock.elapsedMs() - startedMs, { action: request.action });
  }
}

async function act(deps: Deps, actor: Actor, { idempotencyKey, ...request }: ActionRequest): Promise<StartResult> {
  const { action, reason } = request;
  const id = parseExecutionId(request.id);
  const claim: IdempotencyClaim | undefined =
    idempotencyKey === undefined
      ? undefined
      : { operation: 'actOnExecution', key: idempotencyKey, requestDigest: digestJson({ action, id, reason }) };
  const earlier = claim && (await findEarlierAnswer(deps, actor, claim));
  if (earlier) return { kind: 'started', execution: earlier, replayed: true };
  if (action !== 'cancel') return rerunExecution(deps, actor, { action, id, reason, claim });
  return { kind: 'started', execution: await cancelExecution(deps, actor, { id, reason, claim }), replayed: false };
}
