/**
 * A cancel always lands, whatever the run is doing: one conditional write closes the run, and from then on no attempt begins. Attempts that run are stopped,
 * what succeeded is undone as after a failure, and the seal gives back slot and money and says who cancelled and why.
 */
import { auditOp } from '../../audit/audit-event.ts';
import { McError } from '../../core/errors.ts';
import type { Id } from '../../core/id.ts';
import { isoTime } from '../../port/clock.ts';
import type { Deps } from '../../port/deps.ts';
import type { WriteOp } from '../../port/table.ts';
import type { Actor } from '../../tenant/actor.ts';
import { idempotencyOp, type IdempotencyClaim } from '../admit/admission.ts';
import { findEarlierAnswer } from '../admit/idempotency.ts';
import { wakeFinishedRun } from '../dispatch/wake-finished-run.ts';
import { stopAttempts } from '../dispatch/watch-cancel.ts';
import { headKey } from '../execution-record.ts';
import { getExecutionRecord } from '../execution-store.ts';
import { isTerminal, openStates, type Cancellation, type Execution } from '../execution.ts';
import { getExecution } from '../read/get-execution.ts';

/** A cancel loses its write to a seal, to another cancel, or to its own twin under the same key; after each the next look decides. */
const maxRounds = 3;

export interface CancelRequest {
  id: Id<'exec'>;
  reason: string;
  claim: IdempotencyClaim | undefined;
}

/**
 * Cancels a run that is not sealed, and answers it. One that is cancelled already, or being cancelled, is answered as it is, with the first reason.
 * Throws `mc:execution:action-conflict` for one that succeeded or failed.
 */
export async function cancelExecution(deps: Deps, actor: Actor, request: CancelRequest): Promise<Execution> {
  const { id, claim } = request;
  for (let round = 0; round < maxRounds; round += 1) {
    const head = await getExecutionRecord(deps, actor.tenant, id);
    if (head.outcome === 'cancelled') {
      // Whoever cancelled it may not have come to tell anybody.
      if (!isTerminal(head.state)) await spread(deps, actor, id);
      return answerAsItIs(deps, actor, request);
    }
    if (isTerminal(head.state))
      throw new McError('mc:execution:action-conflict', `${id} is ${head.state}; only a run that is not over can be cancelled`);
    if ((await deps.table.write(cancelOps(deps, actor, request))).ok) {
      await deps.faults.hit('cancel:after-write');
      await spread(deps, actor, id);
      return getExecution(deps, actor, id);
    }
    const earlier = claim && (await findEarlierAnswer(deps, actor, claim));
    if (earlier) return earlier;
  }
  throw new McError('mc:store:conflict', `${id} kept changing while it was cancelled; nothing was changed`);
}

/** Nothing is to be done for this request, but its key stands for this answer from now on. */
async function answerAsItIs(deps: Deps, actor: Actor, { id, claim }: CancelRequest): Promise<Execution> {
  const isKept = !claim || (await deps.table.write([idempotencyOp({ actor, id, now: deps.clock.now() }, claim)])).ok;
  const earlier = isKept ? undefined : await findEarlierAnswer(deps, actor, claim);
  return earlier ?? getExecution(deps, actor, id);
}

function cancelOps(deps: Deps, actor: Actor, { id, claim, ...request }: CancelRequest): WriteOp[] {
  // Requests over HTTP with half a character were refused; in whatever comes another way it would keep the receipt from being signed.
  const reason = request.reason.toWellFormed();
  const now = deps.clock.now();
  const cancellation: Cancellation = { by: actor.sub, reason, at: isoTime(now) };
  return [
    {
      kind: 'update',
      key: headKey(actor.tenant, id),
      set: { outcome: 'cancelled', cancellation },
      conditions: [
        { kind: 'in', field: 'outcome', values: ['open', 'failed'] },
        { kind: 'in', field: 'state', values: openStates },
      ],
    },
    auditOp(deps, actor.tenant, actor, { type: 'mc.exec.action', subject: id, reason, details: { action: 'cancel' } }),
    ...(claim ? [idempotencyOp({ actor, id, now }, claim)] : []),
  ];
}

/** Tells those who work on the run. The cancel is durable: whoever is not reached finds it on its next look, and the sweep wakes the supervision. */
async function spread(deps: Deps, { tenant }: Actor, executionId: Id<'exec'>): Promise<void> {
  stopAttempts(deps, executionId);
  try {
    await wakeFinishedRun(deps, { tenant, executionId }, await getExecutionRecord(deps, tenant, executionId));
  } catch (error) {
    deps.logger.error('a run was cancelled but could not be handed on; the sweep will do it', { executionId, error });
  }
}
