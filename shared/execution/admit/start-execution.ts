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
import type { ReservedSlots, TaskMessage } from '../../port/task-queue.ts';
import { metricNames } from '../../port/metrics.ts';
import type { Actor } from '../../tenant/actor.ts';
import { admissionOps, decisionOp, newHead, newTasks, taskItem, type Admission, type IdempotencyClaim } from './admission.ts';
import type { ExecutionRecord, TaskRecord } from '../execution-record.ts';
import type { Execution, StartRequest } from '../execution.ts';
import { toExecution } from '../read/execution-view.ts';
import { claimOf } from '../dispatch/claim-task.ts';
import { runClaimedTask } from '../dispatch/dispatch-task.ts';
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

  if (deps.phases.isFull?.()) throw new McError('mc:host:overloaded', 'Too many runs are open; nothing was started.');
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
  const { run, slots } = newRun(deps, admission);
  let isHandedOut = false;
  try {
    await deps.faults.hit('admit:after-blobs');
    if (!(await writeAdmission(deps, admission, run))) {
      const winner = claim && (await findEarlierStart(deps, admission.actor, claim));
      if (winner) return { kind: 'started', execution: winner, replayed: true };
      throw new InvariantError('an admission lost a race that nobody won');
    }
    await deps.faults.hit('admit:after-write');
    isHandedOut = true;
    await handOut(deps, run, slots);
    return { kind: 'started', execution: toExecution(run.head, run.tasks), replayed: false };
  } finally {
    if (!isHandedOut) slots?.release();
  }
}

interface NewRun {
  head: ExecutionRecord;
  tasks: readonly TaskRecord[];
}

/** The run as it is written: its first tasks are ready, or claimed at once where this process holds slots for them. */
function newRun(deps: Deps, admission: Admission): { run: NewRun; slots: ReservedSlots | undefined } {
  const head = newHead(admission);
  const tasks = newTasks(admission);
  const slots = deps.queue.reserve?.(tasks.filter(isReady).length);
  if (!slots) return { run: { head, tasks }, slots };
  const claimed = tasks.map((task) => (isReady(task) ? { ...task, ...claimOf(task, admission.now) } : task));
  return { run: { head: { ...head, state: 'running', startedAt: admission.now }, tasks: claimed }, slots };
}

const isReady = (task: TaskRecord): boolean => task.state === 'ready';

async function writeAdmission(deps: Deps, admission: Admission, { head, tasks }: NewRun): Promise<boolean> {
  const isLarge = tasks.length > tasksPerTransaction;
  // Tasks without a head belong to no run: a crash after this line leaves nothing that anyone can see.
  if (isLarge) await deps.table.putMany(tasks.map((task) => taskItem(head, task)));
  const { ok } = await deps.table.write(admissionOps(admission, head, isLarge ? [] : tasks));
  return ok;
}

/** Runs or sends the first tasks and starts supervision. */
async function handOut(deps: Deps, { head, tasks }: NewRun, slots: ReservedSlots | undefined): Promise<void> {
  const { tenant, id: executionId, createdAt: claimedAt } = head;
  if (slots) {
    const claimed = tasks.filter((task) => task.state === 'running');
    deps.metrics.record(metricNames.publishToStartMs, deps.clock.now() - head.createdAt);
    slots.run(claimed.map((task) => () => runClaimedTask(deps, { head, task, claimedAt })));
  } else {
    const messages = tasks.filter(isReady).map((task): TaskMessage => ({ tenant, executionId, taskId: task.id }));
    await orLater(deps, head, () => deps.queue.send(messages));
  }
  await orLater(deps, head, () => deps.phases.start({ tenant, executionId }));
  deps.metrics.count(metricNames.executionsTotal);
}

/** The run is durable, so a caller that got an error here would start it twice; the sweep does what could not be done now. */
async function orLater(deps: Deps, head: ExecutionRecord, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    deps.logger.error('a run was admitted but could not be handed on; the sweep will do it', { executionId: head.id, error });
  }
}
