/** What admission writes, as plain data: the head, the tasks, the decision and the idempotency key of one run. */
import { digestJson, type Digest } from '../../core/digest.ts';
import type { Id } from '../../core/id.ts';
import type { Decision } from '../../decision/decision.ts';
import type { Plan, PlannedTask } from '../../plan/plan.ts';
import { isoTime } from '../../port/clock.ts';
import type { Item, WriteOp } from '../../port/table.ts';
import type { Actor } from '../../tenant/actor.ts';
import { tenantUnchangedOp } from '../../tenant/tenant-store.ts';
import type { Tenant } from '../../tenant/tenant.ts';
import { takeUsageOps } from '../../tenant/usage.ts';
import { auditOp } from '../../audit/audit-event.ts';
import { decisionOp } from '../../decision/decision-store.ts';
import type { Deps } from '../../port/deps.ts';
import { estimatedLedgerOp } from '../ledger.ts';
import { executionPk, headKey, openExecutions, taskKey, type ExecutionRecord, type TaskRecord } from '../execution-record.ts';
import type { FileRef } from '../execution.ts';
import type { StoredJson } from '../stored-json.ts';

/** A run as it is written. */
export interface NewRun {
  head: ExecutionRecord;
  tasks: readonly TaskRecord[];
}

export interface Admission {
  id: Id<'exec'>;
  actor: Actor;
  now: number;
  plan: Plan;
  decision: Decision;
  tenant: Tenant;
  budgetDay: string;
  inputBytes: number;
  inputs: StoredJson;
  files: Record<string, FileRef>;
  region: string;
  idempotency?: IdempotencyClaim;
}

/** A caller's key and the digest of the request it was sent with. */
export interface IdempotencyClaim {
  key: string;
  requestDigest: Digest;
}

/** How long an idempotency key is remembered: long enough for every client that still retries. */
const idempotencyTtlSeconds = 7 * 24 * 3_600;

/** The head of a new run. */
export function newHead({ id, actor, now, plan, decision, inputs, files, region, budgetDay, inputBytes }: Admission): ExecutionRecord {
  return {
    id,
    tenant: actor.tenant,
    state: 'queued',
    outcome: 'open',
    workflow: plan.workflow,
    region,
    sandbox: plan.sandbox,
    createdAt: now,
    createdBy: actor.sub,
    startedAt: null,
    endedAt: null,
    deadlineAt: now + plan.timeoutMs,
    inputs,
    files,
    estimatedCostUsdMicros: plan.estimatedCostUsdMicros,
    estimatedCostHighUsdMicros: plan.estimatedCostHighUsdMicros,
    budgetDay,
    inputBytes,
    actualCostUsdMicros: 0,
    decisionId: decision.id,
    receiptId: null,
    error: null,
    outputs: null,
  };
}

/** The tasks of a new run: those without needs are ready at once. */
export function newTasks({ plan, now }: Pick<Admission, 'plan' | 'now'>): TaskRecord[] {
  const dependents = new Map<string, string[]>();
  for (const task of plan.tasks) for (const need of task.needs) dependents.set(need, [...(dependents.get(need) ?? []), task.id]);
  return plan.tasks.map((task) => newTask(task, dependents.get(task.id) ?? [], now));
}

function newTask(task: PlannedTask, dependents: string[], now: number): TaskRecord {
  return {
    id: task.id,
    uses: task.uses,
    packageDigest: task.packageDigest,
    packageOwner: task.packageOwner,
    state: task.needs.length === 0 ? 'ready' : 'blocked',
    needs: task.needs,
    dependents,
    waitingOn: task.needs.length,
    attempt: 0,
    attempts: [],
    failures: 0,
    losses: 0,
    retries: task.retries,
    timeoutMs: task.timeoutMs,
    resourceClass: task.resourceClass,
    egress: task.egress,
    readyAt: now,
    notBefore: now,
    leaseUntil: 0,
    completedAt: null,
    outputs: null,
    costUsdMicros: 0,
    compensateUses: task.compensateUses,
    compensateDigest: task.compensateDigest,
    compensateOwner: task.compensateOwner,
    compensation: 'none',
    compensationAttempt: 0,
    compensationAttempts: [],
  };
}

/** The items of a run's head and tasks; the head is found by time in the tenant's list, and by sweeps while the run is open. */
function headItem(head: ExecutionRecord): Item {
  return {
    ...headKey(head.tenant, head.id),
    ...head,
    gsi1pk: `T#${head.tenant}#X`,
    gsi1sk: `${isoTime(head.createdAt)}#${head.id}`,
    gsi2pk: openExecutions,
    gsi2sk: `${head.tenant}#${head.id}`,
  };
}

export function taskItem(head: ExecutionRecord, task: TaskRecord): Item {
  return { ...taskKey(head.tenant, head.id, task.id), ...task };
}

function idempotencyOp({ actor, id, now }: Admission, { key, requestDigest }: IdempotencyClaim): WriteOp {
  const ttl = Math.floor(now / 1_000) + idempotencyTtlSeconds;
  return { kind: 'put', item: { ...idempotencyKeyOf(actor, key), executionId: id, requestDigest, ttl }, conditions: [{ kind: 'absent' }] };
}

/** Where an idempotency key is remembered; hashed, because callers choose its length and characters. */
export function idempotencyKeyOf(actor: Actor, key: string): { pk: string; sk: string } {
  return { pk: `T#${actor.tenant}#IDEM#startExecution`, sk: digestJson(key) };
}

/** Where in the transaction the ops stand that hold what was judged: the caps of the tenant, and the tenant itself. */
export const judgedOps: readonly number[] = [0, 1, 2];

/** The ops of one admission, in one transaction; callers put the tasks of a large run before it. */
export function admissionOps(deps: Pick<Deps, 'ids' | 'clock' | 'config'>, admission: Admission, run: NewRun): WriteOp[] {
  const { head, tasks } = run;
  const { budgetDay } = admission;
  const claim = { day: budgetDay, estimatedUsdMicros: head.estimatedCostUsdMicros };
  return [
    ...takeUsageOps(admission.tenant, claim),
    tenantUnchangedOp(admission.tenant),
    { kind: 'put', item: headItem(head), conditions: [{ kind: 'absent' }] },
    decisionOp(executionPk(head.tenant, head.id), admission.decision),
    estimatedLedgerOp({ ...head, budgetDay }),
    auditOp(deps, head.tenant, admission.actor, {
      type: 'mc.exec.start',
      subject: head.id,
      reason: `decision ${head.decisionId}: ${admission.decision.verdict}`,
      details: { workflow: `${head.workflow.name}@${head.workflow.version}` },
    }),
    ...(admission.idempotency ? [idempotencyOp(admission, admission.idempotency)] : []),
    ...tasks.map((task): WriteOp => ({ kind: 'put', item: taskItem(head, task) })),
  ];
}
