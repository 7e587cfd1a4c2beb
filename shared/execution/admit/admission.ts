/** What admission writes, as plain data: the head, the tasks, the decision and the idempotency key of one run. */
import { digestJson, type Digest } from '../../core/digest.ts';
import { assertInvariant } from '../../core/errors.ts';
import type { Id } from '../../core/id.ts';
import type { Decision } from '../../decision/decision.ts';
import type { Plan } from '../../plan/plan.ts';
import { isoTime } from '../../port/clock.ts';
import type { Item, Key, WriteOp } from '../../port/table.ts';
import { madeOfRecord } from '../../port/typed-items.ts';
import type { Actor } from '../../tenant/actor.ts';
import { tenantUnchangedOp } from '../../tenant/tenant-store.ts';
import type { Tenant } from '../../tenant/tenant.ts';
import { takeUsageOps, type UsageClaim } from '../../tenant/usage.ts';
import { auditOp } from '../../audit/audit-event.ts';
import { isMostlyCommon, runDecisionOp } from '../../decision/decision-store.ts';
import type { Deps } from '../../port/deps.ts';
import { followedOp } from '../begun-run.ts';
import { headKey, openPartition, type ExecutionRecord } from '../execution-record.ts';
import type { FileRef } from '../execution.ts';
import type { StoredJson } from '../stored-json.ts';
import type { TaskOutline } from '../task-outline.ts';

/** A head as it is written and handed on: a copy would stay in memory for as long as the run waits. */
export type NewHead = ExecutionRecord & Item;

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
  origin?: Origin;
}

/** The run that led to this one, and why somebody wanted it. */
export interface Origin {
  action: 'retry' | 'replay';
  id: Id<'exec'>;
  reason: string;
  /** What is not run again, by task. */
  reused: ReadonlyMap<string, ReusedStep>;
  /** Claims the origin for this action; what it is conditional on was true when the origin was read. */
  claim: (successor: Id<'exec'>) => WriteOp;
}

/** A step that succeeded before: its outputs, and the run that it ran in. */
export interface ReusedStep {
  outputs: StoredJson;
  ranIn: Id<'exec'>;
}

/** A caller's key for one operation, and the digest of the request it was sent with. */
export interface IdempotencyClaim {
  operation: 'startExecution' | 'actOnExecution';
  key: string;
  requestDigest: Digest;
}

/** How long an idempotency key is remembered: long enough for every client that still retries. */
const idempotencyTtlSeconds = 7 * 24 * 3_600;

/**
 * The head of a new run; it has started when its first tasks are claimed by its admission. It is found by time in the tenant's list, and by sweeps while the run
 * is open.
 */
export function newHead(admission: Admission, isStarted: boolean, outline: TaskOutline['common']): NewHead {
  const { id, actor, now, plan, decision, inputs, files, region, budgetDay, inputBytes, origin } = admission;
  const head: NewHead = {
    id,
    tenant: actor.tenant,
    state: isStarted ? 'running' : 'queued',
    outcome: 'open',
    workflow: plan.workflow,
    region,
    sandbox: plan.sandbox,
    createdAt: now,
    createdBy: actor.sub,
    startedAt: isStarted ? now : null,
    endedAt: null,
    deadlineAt: now + plan.timeoutMs,
    ...(outline && { outline: outline.digest }),
    ...(outline && isStarted && { begunAtStart: true }),
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
    ...(origin?.action === 'retry' && { retryOf: origin.id }),
    ...(origin?.action === 'replay' && { replayOf: origin.id }),
    outputs: null,
    ...headKey(actor.tenant, id),
    gsi1pk: `T#${actor.tenant}#X`,
    gsi1sk: `${isoTime(now)}#${id}`,
    gsi2pk: openPartition(id),
    gsi2sk: `${actor.tenant}#${id}`,
  };
  madeOfRecord(head);
  return head;
}

/** Remembers the execution that the key answers from now on. */
export function idempotencyOp({ actor, id, now }: Pick<Admission, 'actor' | 'id' | 'now'>, claim: IdempotencyClaim): WriteOp {
  const ttl = Math.floor(now / 1_000) + idempotencyTtlSeconds;
  const item = { ...idempotencyKeyOf(actor, claim), executionId: id, requestDigest: claim.requestDigest, ttl };
  return { kind: 'put', item, conditions: [{ kind: 'absent' }] };
}

/** Where an idempotency key is remembered; hashed, because callers choose its length and characters. */
export function idempotencyKeyOf(actor: Actor, { operation, key }: Pick<IdempotencyClaim, 'operation' | 'key'>): Key {
  return { pk: `T#${actor.tenant}#IDEM#${operation}`, sk: digestJson(key) };
}

/** What is written of one admission. */
export interface AdmissionParts {
  /** By whose caps and packs it was judged. */
  tenant: Tenant;
  /** What it takes of them. */
  claim: UsageClaim;
  /** Ops on items of this run, after the one that claims its origin. */
  own: readonly WriteOp[];
  /** The key that these ops remember. */
  idempotencyKey: string | undefined;
  /** Whether it may be written with others: it claims no origin, which others may want too, and a hundred ops of such admissions are far below the 4 MB that DynamoDB takes at once. */
  isJoinable: boolean;
}

/** Where in the transaction the ops stand that hold what was judged: the caps of the tenant, and the tenant itself. */
export const judgedOps: readonly number[] = [0, 1, 2];

/** Of them, the one that fails when somebody changed the tenant. */
export const tenantOpAt = 2;

/** Where it stands that claims the origin, when there is one. */
export const originOpAt = 3;

/** Admissions of a tenant, all judged by it as it is and on the same day, in one transaction: they take the sum of what each of them takes. */
export function admissionOps(admissions: readonly AdmissionParts[]): WriteOp[] {
  const [first] = admissions;
  assertInvariant(first !== undefined, 'somebody is admitted');
  const estimatedUsdMicros = admissions.reduce((sum, { claim }) => sum + claim.estimatedUsdMicros, 0);
  return [
    ...takeUsageOps(first.tenant, { day: first.claim.day, estimatedUsdMicros }, admissions.length),
    tenantUnchangedOp(first.tenant),
    ...admissions.flatMap(({ own }) => own),
  ];
}

/** What one admission writes, with these items of its tasks; callers announce a large run and put its tasks before it. */
export function admissionParts(
  deps: Pick<Deps, 'ids' | 'clock' | 'config'>,
  admission: Admission,
  { head, tasks, isAnnounced }: { head: NewHead; tasks: readonly Item[]; isAnnounced: boolean },
): AdmissionParts {
  const { tenant, id, estimatedCostUsdMicros: estimatedUsdMicros } = head;
  const { origin, idempotency, budgetDay: day, decision } = admission;
  const own: WriteOp[] = [
    ...(origin ? [origin.claim(id)] : []),
    { kind: 'put', item: head, conditions: [{ kind: 'absent' }] },
    runDecisionOp(head.pk, decision),
    auditOp(deps, tenant, admission.actor, {
      type: 'mc.exec.start',
      subject: id,
      reason: `decision ${head.decisionId}: ${decision.verdict}`,
      details: { workflow: `${head.workflow.name}@${head.workflow.version}` },
    }),
    ...(origin ? [actionAuditOp(deps, admission, origin)] : []),
    ...(idempotency ? [idempotencyOp(admission, idempotency)] : []),
    ...(isAnnounced ? [followedOp(tenant, id)] : []),
    ...tasks.map((item): WriteOp => ({ kind: 'put', item })),
  ];
  const isJoinable = !origin && tasks.length === 0 && Object.keys(head.files).length === 0 && isMostlyCommon(decision);
  return { tenant: admission.tenant, claim: { day, estimatedUsdMicros }, own, idempotencyKey: idempotency?.key, isJoinable };
}

function actionAuditOp(
  deps: Pick<Deps, 'ids' | 'clock' | 'config'>,
  { id, actor }: Admission,
  { action, reason, ...origin }: Origin,
): WriteOp {
  return auditOp(deps, actor.tenant, actor, { type: 'mc.exec.action', subject: origin.id, reason, details: { action, executionId: id } });
}
