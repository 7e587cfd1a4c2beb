/**
 * Retry and replay of an ended run: always a new run, for receipts never change, of the same manifest and inputs, through the same admission as any other. A retry
 * runs what failed and what needs it, a replay runs everything. The transaction that makes the new run also claims the old one, so of several people one wins.
 */
import { assertInvariant, McError } from '../../core/errors.ts';
import { JsonRecord } from '../../core/json/json-value.ts';
import type { Id } from '../../core/id.ts';
import { loadManifest } from '../../manifest/get-workflow.ts';
import { buildPlan } from '../../plan/build-plan.ts';
import type { Plan } from '../../plan/plan.ts';
import { totalOf } from '../../plan/price-plan.ts';
import type { Deps } from '../../port/deps.ts';
import type { Condition, WriteOp } from '../../port/table.ts';
import type { Actor } from '../../tenant/actor.ts';
import type { IdempotencyClaim, Origin, ReusedStep } from '../admit/admission.ts';
import { admitRun, refuseWhenFull, type StartResult } from '../admit/admit-run.ts';
import { requireFiles } from '../admit/input-files.ts';
import { headKey, type ExecutionRecord, type TaskRecord } from '../execution-record.ts';
import { getExecutionRecord, listTasks } from '../execution-store.ts';
import { isTerminal, terminalStates } from '../execution.ts';
import { purgedError } from '../purge-mark.ts';
import { loadJson } from '../stored-json.ts';
import { reusableSteps, stepsOfSamePackages } from './reusable-steps.ts';
import { verifyOrigin } from './verify-origin.ts';

export interface RerunRequest {
  action: Origin['action'];
  id: Id<'exec'>;
  reason: string;
  claim: IdempotencyClaim | undefined;
}

/**
 * Starts the retry or the replay of a run, or answers the decision that denies it. Throws `mc:execution:action-conflict` for a run that is not over, for a retry of
 * one in which nothing is left to run, and when somebody else was first; `mc:receipt:invalid` when what the run left behind is not what its receipt says.
 */
export async function rerunExecution(deps: Deps, actor: Actor, request: RerunRequest): Promise<StartResult> {
  const { action, id, reason, claim } = request;
  const head = await getExecutionRecord(deps, actor.tenant, id);
  refuseUnlessAllowed(action, head);
  if (head.dataPurge) throw purgedError(id, head.dataPurge, 'what it ran with');
  refuseWhenFull(deps);
  const tasks = await listTasks(deps, head);
  const steps = action === 'retry' ? reusableSteps(tasks) : [];
  if (steps.length === tasks.length) throw nothingLeft(head, tasks);
  await verifyOrigin(deps, actor, head, steps);
  const manifest = await loadManifest(deps, actor.tenant, head.workflow);
  const inputs = JsonRecord.parse(await loadJson(deps, actor.tenant, head.inputs));
  const files = await requireFiles(deps, actor.tenant, manifest, inputs);
  const run = { region: head.region, inputBytes: head.inputBytes };
  const whole = await buildPlan(deps, actor.tenant, { manifest, digest: head.workflow.digest }, run);
  // The new receipt names the packages of this plan: what another one gave is not theirs.
  const reused = stepsOf(head, action === 'retry' ? stepsOfSamePackages(tasks, whole.tasks) : []);
  const plan = planOfRest(whole, reused);
  const origin: Origin = { action, id, reason, reused, claim: (successor) => claimOp(action, head, successor) };
  const result = await admitRun(
    deps,
    actor,
    { manifest, plan, inputs: head.inputs, files, inputBytes: head.inputBytes, origin },
    { claim },
  );
  if (result.kind === 'outrun') {
    const now = await getExecutionRecord(deps, actor.tenant, id);
    throw now.dataPurge ? purgedError(id, now.dataPurge, 'what it ran with') : outrun(action, now);
  }
  return result;
}

function refuseUnlessAllowed(action: Origin['action'], head: ExecutionRecord): void {
  const { id, state, retriedBy, error } = head;
  if (!isTerminal(state)) throw conflict(`${id} is ${state}; a ${action} needs a run that is over`);
  if (action === 'replay') return;
  if (state === 'succeeded') throw conflict(`${id} succeeded; there is nothing to retry. To run all of it again, replay it`);
  // All its tasks succeeded, so a retry would run nothing and fail in the same place.
  if (error?.failure === 'outputs') throw conflict(`no task of ${id} failed, its outputs did: ${error.message}. Correct the manifest`);
  if (retriedBy !== undefined) throw outrun(action, head);
}

/** A cancel may land between the last task and the receipt. A retry of that would run nothing, and a run of nothing is none that policy could judge. */
function nothingLeft({ id, state }: ExecutionRecord, tasks: readonly TaskRecord[]): McError {
  const count = tasks.length === 1 ? 'its only task' : `all ${tasks.length} of its tasks`;
  return conflict(
    `${id} is ${state}, but ${count} had succeeded and none was undone; there is nothing to retry. To run all of it again, replay it: ` +
      `maestro replay ${id} --reason …`,
  );
}

function outrun(action: Origin['action'], { id, retriedBy, replayedBy }: ExecutionRecord): McError {
  const winner = action === 'retry' ? retriedBy : replayedBy;
  assertInvariant(winner !== undefined, `${id} was outrun by nobody`);
  return conflict(
    action === 'retry'
      ? `${id} was retried already, as ${winner}; if that one failed too, retry that one`
      : `somebody else has just replayed ${id}, as ${winner}; if you want one more, ask again`,
  );
}

function conflict(message: string): McError {
  return new McError('mc:execution:action-conflict', message);
}

/** A step that was reused before ran in an earlier run still, and that is what the receipt says. */
function stepsOf({ id }: ExecutionRecord, steps: readonly TaskRecord[]): Map<string, ReusedStep> {
  return new Map(steps.flatMap((step) => (step.outputs ? [[step.id, { outputs: step.outputs, ranIn: step.reusedFrom ?? id }]] : [])));
}

/** The plan with the price of what still runs: nothing is reserved for what is paid already. */
function planOfRest(plan: Plan, reused: ReadonlyMap<string, ReusedStep>): Plan {
  return { ...plan, ...totalOf(plan.tasks.filter(({ id }) => !reused.has(id))) };
}

/** A run is retried once, for the next retry starts from that one. It may be replayed often, but never twice from the same view of it. */
function claimOp(action: Origin['action'], { tenant, id, replayedBy }: ExecutionRecord, successor: Id<'exec'>): WriteOp {
  const isOver: Condition = { kind: 'in', field: 'state', values: terminalStates };
  // What the new run is given must not be erased under it.
  const isKept: Condition = { kind: 'unset', field: 'dataPurge' };
  const key = headKey(tenant, id);
  if (action === 'retry')
    return { kind: 'update', key, set: { retriedBy: successor }, conditions: [isOver, isKept, { kind: 'unset', field: 'retriedBy' }] };
  const isAsSeen: Condition =
    replayedBy === undefined
      ? { kind: 'unset', field: 'replayedBy' }
      : { kind: 'compare', field: 'replayedBy', op: '=', value: replayedBy };
  return { kind: 'update', key, set: { replayedBy: successor }, conditions: [isOver, isKept, isAsSeen] };
}
