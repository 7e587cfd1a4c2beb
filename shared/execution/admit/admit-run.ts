/**
 * Admission: the one way a run begins. Nothing is written before the manifest, inputs, plan and policy allow it; then head, tasks, decision and
 * idempotency key become durable together, and only then work is handed out. A denial is an answer and is recorded too.
 */
import { InvariantError, McError } from '../../core/errors.ts';
import { decide } from '../../decision/decide.ts';
import type { Decision } from '../../decision/decision.ts';
import { buildPolicyInput } from '../../decision/policy-input.ts';
import type { Manifest } from '../../manifest/manifest.ts';
import type { Plan } from '../../plan/plan.ts';
import { msSince } from '../../port/clock.ts';
import type { Deps } from '../../port/deps.ts';
import type { WriteResult } from '../../port/table.ts';
import type { ReservedSlots, TaskMessage } from '../../port/task-queue.ts';
import { metricNames } from '../../port/metrics.ts';
import type { Actor } from '../../tenant/actor.ts';
import {
  admissionParts,
  newHead,
  originOpAt,
  judgedOps,
  type Admission,
  type IdempotencyClaim,
  type NewHead,
  type Origin,
} from './admission.ts';
import { announceRun, giveUpRun } from '../begun-run.ts';
import type { ExecutionRecord } from '../execution-record.ts';
import { auditOp } from '../../audit/audit-event.ts';
import { keepCommonText } from '../../decision/common-text.ts';
import { decisionOp, keepDecisionText, loneDecisionPk } from '../../decision/decision-store.ts';
import { deniedRules } from '../../decision/deny-reasons.ts';
import { sameQuestion } from '../../decision/same-question.ts';
import { readTenantState } from '../../tenant/tenant-state.ts';
import type { Tenant } from '../../tenant/tenant.ts';
import { openBudgetDay, type Usage } from '../../tenant/usage.ts';
import type { Execution, FileRef } from '../execution.ts';
import { toExecution } from '../read/execution-view.ts';
import { runClaimedTask } from '../dispatch/dispatch-task.ts';
import { isYoung } from '../dispatch/sweep-executions.ts';
import { nameEarlierBlobs, runOwner } from '../../blob/blob-uses.ts';
import { findEarlierAnswer } from './idempotency.ts';
import { requireUploads } from './input-files.ts';
import { writeWithOthers, type WriteAdmission } from './joined-admissions.ts';
import { newTasks, type NewTasks } from './new-tasks.ts';
import { isElsewhere, type StoredJson } from '../stored-json.ts';

export type StartResult = { kind: 'started'; execution: Execution; replayed: boolean } | { kind: 'denied'; decision: Decision };

/** A larger run puts its tasks before the transaction: DynamoDB takes 100 ops, and up to ten are not tasks. */
const tasksPerTransaction = 90;

/** Every lost round means that others moved the usage, or changed the tenant, between our reading and our writing. */
const maxRounds = 10;

/** A run that only needs to be allowed. */
export interface PreparedRun {
  manifest: Manifest;
  /** Every task; its price is that of the tasks that will run. */
  plan: Plan;
  inputs: StoredJson;
  /** Large inputs that are not stored yet: a start that is denied leaves nothing behind that no run owns and no purge finds. */
  inputsBlob?: Uint8Array | undefined;
  files: Record<string, FileRef>;
  inputBytes: number;
  /** The run that this one retries or replays. */
  origin?: Origin;
}

/** Throws `mc:host:overloaded` when this home takes no further run; asked before anything is stored. */
export function refuseWhenFull({ phases }: Pick<Deps, 'phases'>): void {
  if (phases.isFull?.()) throw new McError('mc:host:overloaded', 'Too many runs are open; nothing was started.');
}

/** How one run is admitted. */
export interface AdmitOptions {
  claim?: IdempotencyClaim | undefined;
  /** Writes the admission; with others of the same turn, when it is left out. */
  write?: WriteAdmission | undefined;
}

/** Begins the run, answers the earlier one for a repeated key, or the decision that denies it; `outrun` when somebody else acted on its origin first. */
export async function admitRun(
  deps: Deps,
  actor: Actor,
  prepared: PreparedRun,
  { claim, write = writeWithOthers(deps.table) }: AdmitOptions,
): Promise<StartResult | { kind: 'outrun' }> {
  for (let round = 0; round < maxRounds; round += 1) {
    let judged = await judge(deps, actor, prepared, round > 0);
    // A slot may have come free since the usage was read: nobody is denied by old numbers.
    if (judged.decision.verdict === 'deny' && round === 0) judged = await judge(deps, actor, prepared, true);
    if (judged.decision.verdict === 'deny') return deny(deps, actor, judged.decision, prepared.origin);
    if (prepared.inputsBlob) await deps.blobs.put(actor.tenant, 'data', prepared.inputsBlob);
    const result = await admit(deps, buildAdmission(deps, { actor, prepared, judged, claim }), { claim, write });
    if (result !== 'moved') return result;
  }
  throw new McError('mc:store:conflict', 'Others keep changing this tenant or what it uses; nothing was started.');
}

interface Judged {
  decision: Decision;
  tenant: Tenant;
  usage: Usage;
}

/** Asks policy about the run as things stand now. */
async function judge(deps: Deps, actor: Actor, { plan: whole, manifest, origin }: PreparedRun, isFresh: boolean): Promise<Judged> {
  // What is reused does not run, so nobody is asked whether it may.
  const plan = origin ? { ...whole, tasks: whole.tasks.filter(({ id }) => !origin.reused.has(id)) } : whole;
  const state = await readTenantState(deps, actor.tenant, { isFresh });
  const { tenant, usage } = state;
  if (!usage.isDayOpen) await openBudgetDay(deps, tenant.id, usage.day);
  const input = sameQuestion(state, plan, JSON.stringify(actor), () =>
    buildPolicyInput(deps.config, 'start', { actor, tenant, usage, plan, manifest }),
  );
  return { decision: await decide(deps, 'start', { input, packs: tenant.packs }), tenant, usage };
}

async function deny(deps: Deps, actor: Actor, decision: Decision, origin: Origin | undefined): Promise<StartResult> {
  const { name, version } = decision.input.workflow;
  await deps.table.write([
    decisionOp(loneDecisionPk(actor.tenant, decision.id), decision),
    auditOp(deps, actor.tenant, actor, {
      type: 'mc.exec.deny',
      subject: decision.id,
      reason: `denied by ${deniedRules(decision).join(', ')}`,
      details: {
        workflow: `${name}@${version}`,
        ...(origin && { action: origin.action, originId: origin.id, originReason: origin.reason }),
      },
    }),
  ]);
  return { kind: 'denied', decision };
}

function buildAdmission(
  deps: Deps,
  { actor, prepared, judged, claim }: { actor: Actor; prepared: PreparedRun; judged: Judged; claim: IdempotencyClaim | undefined },
): Admission {
  const id = deps.ids.next('exec');
  const { plan, inputs, files, inputBytes, origin } = prepared;
  const { tenant, usage } = judged;
  const decision = { ...judged.decision, executionId: id };
  const now = deps.clock.now();
  const admission = { id, actor, now, plan, decision, tenant, budgetDay: usage.day, inputBytes, region: plan.region, inputs, files };
  return { ...admission, ...(claim && { idempotency: claim }), ...(origin && { origin }) };
}

async function admit(
  deps: Deps,
  admission: Admission,
  { claim, write }: { claim: IdempotencyClaim | undefined; write: WriteAdmission },
): Promise<StartResult | { kind: 'outrun' } | 'moved'> {
  const { run, slots } = newRun(deps, admission);
  let isHandedOut = false;
  try {
    await nameValues(deps, admission);
    await deps.faults.hit('admit:after-blobs');
    const written = await writeRun(deps, admission, run, write);
    if (!written.ok) {
      const winner = claim && (await findEarlierAnswer(deps, admission.actor, claim));
      if (winner) return { kind: 'started', execution: winner, replayed: true };
      if (admission.origin && written.failed.includes(originOpAt)) return { kind: 'outrun' };
      if (written.failed.some((op) => judgedOps.includes(op))) return 'moved';
      throw new InvariantError('an admission lost a race that nobody won');
    }
    await deps.faults.hit('admit:after-write');
    isHandedOut = true;
    recordAdmission(deps, admission);
    await handOut(deps, run, slots);
    return { kind: 'started', execution: toExecution(run.head, run.tasks.records), replayed: false };
  } finally {
    if (!isHandedOut) slots?.release();
  }
}

/** Values that were stored before there was a run belong to it from here on, so that no purge of another run takes them. */
async function nameValues(deps: Deps, { id, actor, inputs, files, origin }: Admission): Promise<void> {
  const reused = [...(origin?.reused.values() ?? [])].map(({ outputs }) => outputs);
  const values = [inputs, ...reused].filter(isElsewhere).map(({ digest }) => digest);
  const uploads = Object.values(files).map(({ digest }) => digest);
  if (values.length + uploads.length === 0) return;
  await nameEarlierBlobs(deps, actor.tenant, runOwner(id), [...values, ...uploads]);
  // An upload goes with the last run that needs it: this one may have come too late.
  await requireUploads(deps, actor.tenant, files);
}

interface NewRun {
  head: NewHead;
  tasks: NewTasks;
}

/** The run as it is written: its first tasks are ready, or claimed at once where this process holds slots for them. */
function newRun(deps: Deps, admission: Admission): { run: NewRun; slots: ReservedSlots | undefined } {
  const tasks = newTasks(admission);
  const slots = deps.queue.reserve?.(tasks.ready.length);
  const head = newHead(admission, slots !== undefined, tasks.outline);
  return { run: { head, tasks: slots ? tasks.claimed : tasks }, slots };
}

/** Writes the run whole, or nothing of it. */
async function writeRun(deps: Deps, admission: Admission, { head, tasks }: NewRun, write: WriteAdmission): Promise<WriteResult> {
  const items = tasks.itemsIn(head);
  const isLarge = items.length > tasksPerTransaction;
  if (isLarge) {
    await announceRun(deps, head.tenant, head.id);
    // Tasks without a head belong to no run that anyone can see; a crash after this line leaves them to the retention.
    await deps.table.putMany(items);
  }
  let isWritten = false;
  try {
    await keepDecisionText(deps, head.tenant, admission.decision);
    if (tasks.outline) await keepCommonText(deps, head.tenant, tasks.outline);
    const written = await write(admissionParts(deps, admission, { head, tasks: isLarge ? [] : items, isAnnounced: isLarge }));
    isWritten = written.ok;
    return written;
  } finally {
    if (isLarge && !isWritten) await giveUp(deps, head);
  }
}

/** Takes away what was written before; when that cannot be done now, the retention does it. */
async function giveUp(deps: Deps, { tenant, id }: NewHead): Promise<void> {
  try {
    await giveUpRun(deps, tenant, id);
  } catch (error) {
    deps.logger.error('tasks of a run that was not admitted could not be erased; the retention will do it', { executionId: id, error });
  }
}

/** What the admission means for the money of its tenant; the usage was read before, so it is without this run. */
function recordAdmission(deps: Deps, { plan, tenant, decision }: Admission): void {
  const { spentUSD, reservedUSD, dailyMaxUSD } = decision.input.tenant.budget;
  deps.metrics.record(metricNames.costEstimateUsd, plan.estimatedCostUSD);
  const percent = (100 * (spentUSD + reservedUSD + plan.estimatedCostUSD)) / dailyMaxUSD;
  deps.metrics.record(metricNames.budgetPercent, percent, { tenant: tenant.id });
  deps.metrics.record(metricNames.quotaInUse, decision.input.tenant.quota.inUse + 1, { tenant: tenant.id });
}

/** Runs or sends the first tasks and starts supervision. */
async function handOut(deps: Deps, { head, tasks }: NewRun, slots: ReservedSlots | undefined): Promise<void> {
  const { tenant, id: executionId, createdAt: claimedAt } = head;
  if (slots) {
    const claimed = tasks.records.filter((task) => task.state === 'running');
    deps.metrics.record(metricNames.publishToStartMs, msSince(head.createdAt, deps.clock.now()));
    slots.run(claimed.map((task) => () => runClaimedTask(deps, { head, task, claimedAt })));
  } else {
    const messages = tasks.ready.map((task): TaskMessage => ({ tenant, executionId, taskId: task.id }));
    await orLater(deps, head, () => deps.queue.send(messages));
  }
  // A sweep may have brought it to its end already, where it took so long to come here.
  const isNew = isYoung(head.createdAt, deps.clock.now());
  await orLater(deps, head, () => deps.phases.start({ tenant, executionId }, { isNew }));
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
