/**
 * Admission: the one way a run begins. Nothing is written before the manifest, inputs, plan and policy allow it; then head, tasks, decision and
 * idempotency key become durable together, and only then work is handed out. A denial is an answer and is recorded too.
 */
import type { JsonObject } from '../../core/canonical-json.ts';
import { digestJson } from '../../core/digest.ts';
import { InvariantError, McError } from '../../core/errors.ts';
import { decide } from '../../decision/decide.ts';
import type { Decision } from '../../decision/decision.ts';
import { buildPolicyInput } from '../../decision/policy-input.ts';
import { getPublished } from '../../manifest/get-workflow.ts';
import type { Workflow } from '../../manifest/workflow.ts';
import { buildPlan } from '../../plan/build-plan.ts';
import { checkInputs } from '../../plan/check-inputs.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Deps } from '../../port/deps.ts';
import { metricNames } from '../../port/metrics.ts';
import type { Actor } from '../../tenant/actor.ts';
import { admissionOps, decisionOp, newHead, newTasks, taskItem, type Admission, type IdempotencyClaim } from './admission.ts';
import type { ExecutionRecord, TaskRecord } from '../execution-record.ts';
import type { Execution, StartRequest } from '../execution.ts';
import { toExecution } from '../read/execution-view.ts';
import { findEarlierStart } from './idempotency.ts';
import { requireFiles } from './input-files.ts';
import { storeJson } from '../stored-json.ts';

export type StartResult = { kind: 'started'; execution: Execution; replayed: boolean } | { kind: 'denied'; decision: Decision };

/** A larger run puts its tasks before the transaction: DynamoDB takes 100 ops, and three are the head, the decision and the key. */
const tasksPerTransaction = 97;

/** Starts a run, answers the earlier run for a repeated key, or the decision that denies it. */
export async function startExecution(deps: Deps, actor: Actor, request: StartRequest & { idempotencyKey?: string }): Promise<StartResult> {
  const { idempotencyKey, ...body } = request;
  const claim = idempotencyKey === undefined ? undefined : { key: idempotencyKey, requestDigest: digestJson(body) };
  const earlier = claim && (await findEarlierStart(deps, actor, claim));
  if (earlier) return { kind: 'started', execution: earlier, replayed: true };

  const { workflow, plan, inputs } = await prepare(deps, actor, body);
  const input = buildPolicyInput(deps.config, actor, 'start', { plan, manifest: workflow.manifest });
  const decision = await decide(deps, 'start', input);
  if (decision.verdict === 'deny') {
    await deps.table.write([decisionOp(`T#${actor.tenant}#DENIED#${decision.id}`, decision)]);
    return { kind: 'denied', decision };
  }
  const admission: Admission = {
    id: deps.ids.next('exec'),
    actor,
    now: deps.clock.now(),
    plan,
    decision,
    region: plan.region,
    inputs: await storeJson(deps, actor.tenant, inputs),
    files: await requireFiles(deps, actor.tenant, workflow.manifest, inputs),
    ...(claim && { idempotency: claim }),
  };
  return admit(deps, admission, claim);
}

/** What must hold before policy is asked: a published workflow, inputs that fit it, a plan whose packages exist. */
async function prepare(deps: Deps, actor: Actor, body: StartRequest): Promise<{ workflow: Workflow; plan: Plan; inputs: JsonObject }> {
  const workflow = await getPublished(deps, actor, body.workflow);
  const { inputs, issues } = checkInputs(workflow.manifest, body.inputs ?? {});
  if (issues.length > 0) throw new McError('mc:execution:inputs-invalid', 'the inputs do not fit the workflow', { issues });
  const plan = await buildPlan(deps, actor.tenant, workflow, body.region);
  return { workflow, plan, inputs };
}

async function admit(deps: Deps, admission: Admission, claim: IdempotencyClaim | undefined): Promise<StartResult> {
  const head = newHead(admission);
  const tasks = newTasks(admission);
  await deps.faults.hit('admit:after-blobs');
  const isLarge = tasks.length > tasksPerTransaction;
  // Tasks without a head belong to no run: a crash after this line leaves nothing that anyone can see.
  if (isLarge) await deps.table.putMany(tasks.map((task) => taskItem(head, task)));
  const { ok } = await deps.table.write(admissionOps(admission, head, isLarge ? [] : tasks));
  if (!ok) {
    const winner = claim && (await findEarlierStart(deps, admission.actor, claim));
    if (winner) return { kind: 'started', execution: winner, replayed: true };
    throw new InvariantError('an admission lost a race that nobody won');
  }
  await deps.faults.hit('admit:after-write');
  await handOut(deps, head, tasks);
  return { kind: 'started', execution: toExecution(head, tasks), replayed: false };
}

/** Sends what is ready and starts supervision; a crash in between is mended by the sweep, because the run is already durable. */
async function handOut(deps: Deps, head: ExecutionRecord, tasks: readonly TaskRecord[]): Promise<void> {
  const { tenant, id: executionId } = head;
  const ready = tasks.filter((task) => task.state === 'ready');
  await deps.queue.send(ready.map((task) => ({ tenant, executionId, taskId: task.id, purpose: 'task' })));
  await deps.phases.start({ tenant, executionId });
  deps.metrics.count(metricNames.executionsTotal);
}
