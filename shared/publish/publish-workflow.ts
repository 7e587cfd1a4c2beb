/**
 * Publishing: a draft becomes an immutable, content-addressed, signed version. The snapshot and the signed statement are stored first and
 * mean nothing by themselves; one atomic write then makes version, head and release real together, so of racing publishers one wins.
 */
import { gt, inc, valid } from 'semver';
import { canonicalJson } from '../core/json/canonical-json.ts';
import { digestBytes } from '../core/digest.ts';
import { InvariantError, McError } from '../core/errors.ts';
import type { Id } from '../core/id.ts';
import type { Deps } from '../port/deps.ts';
import { isoTime } from '../port/clock.ts';
import { issueRelease } from '../receipt/release-statement.ts';
import type { Actor } from '../tenant/actor.ts';
import { getHighest } from '../manifest/get-workflow.ts';
import { auditOp } from '../audit/audit-event.ts';
import { decide } from '../decision/decide.ts';
import type { Decision } from '../decision/decision.ts';
import { deniedRules } from '../decision/deny-reasons.ts';
import { decisionOp, loneDecisionPk } from '../decision/decision-store.ts';
import { buildPolicyInput } from '../decision/policy-input.ts';
import { buildPlan } from '../plan/build-plan.ts';
import { getTenant, tenantUnchangedOp } from '../tenant/tenant-store.ts';
import type { Tenant } from '../tenant/tenant.ts';
import { readUsage } from '../tenant/usage.ts';
import { findHead, findVersion, publishOps, type WorkflowHead } from '../manifest/workflow-store.ts';
import type { Workflow } from '../manifest/workflow.ts';

/** Which part of the version to raise. */
export type Bump = 'patch' | 'minor' | 'major';

/** A published version; `alreadyPublished` when this call changed nothing. */
export interface PublishedWorkflow {
  kind: 'published';
  workflow: Workflow;
  releaseId: Id<'rel'>;
  alreadyPublished: boolean;
}

/** A published version, or the decision that denies it. */
export type PublishResult = PublishedWorkflow | { kind: 'denied'; decision: Decision };

interface PublishRequest {
  id: string;
  bump?: Bump;
}

/** Each lost race means that somebody else got on; more than this is not a race. */
const maxAttempts = 5;

function published(workflow: Workflow): PublishedWorkflow {
  if (workflow.releaseId === null) throw new InvariantError(`${workflow.id} is published without a release`);
  return { kind: 'published', workflow, releaseId: workflow.releaseId, alreadyPublished: true };
}

/** The draft under the version it will be published as: its own, or the greater of its own and the newest published one, raised. */
function underVersion(draft: Workflow, head: WorkflowHead | undefined, bump: Bump | undefined): Workflow {
  if (bump === undefined) return draft;
  const base = head && gt(head.version, draft.version) ? head.version : draft.version;
  const version = inc(base, bump);
  // The library counts on beyond what its own parser, and so every reader of the version, takes.
  if (version === null || valid(version) === null)
    throw new McError('mc:workflow:version-not-greater', `${draft.name}@${base} cannot be raised by a ${bump}: no version is above it`);
  const manifest = { ...draft.manifest, version };
  return { ...draft, version, manifest, digest: digestBytes(canonicalJson(manifest)) };
}

async function assertVersionIsFree(deps: Deps, actor: Actor, draft: Workflow, target: Workflow): Promise<void> {
  if (target.version === draft.version || !(await findVersion(deps.table, actor.tenant, target))) return;
  throw new McError(
    'mc:workflow:version-conflict',
    `there is a draft of ${target.name}@${target.version} already; publish it, or raise another part`,
  );
}

function assertVersionGrows({ name, version }: Workflow, head: WorkflowHead | undefined): void {
  if (!head || gt(version, head.version)) return;
  throw new McError('mc:workflow:version-not-greater', `${name}@${version} cannot follow ${name}@${head.version}; it must be higher`);
}

async function signAndWrite(
  deps: Deps,
  actor: Actor,
  change: { target: Workflow; draft: Workflow; head: WorkflowHead | undefined; decision: Decision; tenant: Tenant },
): Promise<PublishedWorkflow | undefined> {
  const { target, draft, head, decision, tenant } = change;
  const { name, version, digest } = target;
  await deps.blobs.put(actor.tenant, 'data', Buffer.from(canonicalJson(target.manifest)));
  const predicate = { kind: 'workflow', purl: `pkg:generic/${name}@${version}`, version, tenant: actor.tenant, publishedBy: actor.sub };
  const { releaseId, ops } = await issueRelease(deps, actor.tenant, { subject: { name: `${name}@${version}`, digest }, predicate });
  // A crash or a lost race here leaves two blobs that nothing refers to.
  await deps.faults.hit('publish:after-release-blob');
  const workflow: Workflow = { ...target, state: 'published', publishedAt: isoTime(deps.clock.now()), releaseId };
  const audit = auditOp(deps, actor.tenant, actor, {
    type: 'mc.workflow.publish',
    subject: `${name}@${version}`,
    reason: `decision ${decision.id}: ${decision.verdict}`,
    details: { digest, releaseId },
  });
  const judged = decisionOp(loneDecisionPk(actor.tenant, decision.id), decision);
  const { ok } = await deps.table.write([
    ...publishOps(actor.tenant, workflow, draft, head),
    ...ops,
    judged,
    audit,
    tenantUnchangedOp(tenant),
  ]);
  return ok ? { kind: 'published', workflow, releaseId, alreadyPublished: false } : undefined;
}

async function tryPublish(deps: Deps, actor: Actor, { id, bump }: PublishRequest): Promise<PublishResult | undefined> {
  const draft = await getHighest(deps, actor, id);
  if (draft.state === 'published') return published(draft);
  const head = await findHead(deps.table, actor.tenant, draft.name);
  const target = underVersion(draft, head, bump);
  assertVersionGrows(target, head);
  await assertVersionIsFree(deps, actor, draft, target);
  const plan = await buildPlan(deps, actor.tenant, target);
  const tenant = await getTenant(deps, actor.tenant);
  const usage = await readUsage(deps, tenant);
  const input = buildPolicyInput(deps.config, 'publish', { actor, tenant, usage, plan, manifest: target.manifest });
  const decision = await decide(deps, 'publish', { input, packs: tenant.packs });
  if (decision.verdict !== 'deny') return signAndWrite(deps, actor, { target, draft, head, decision, tenant });
  await deps.table.write([
    decisionOp(loneDecisionPk(actor.tenant, decision.id), decision),
    auditOp(deps, actor.tenant, actor, {
      type: 'mc.workflow.deny',
      subject: `${target.name}@${target.version}`,
      reason: `denied by ${deniedRules(decision).join(', ')}`,
      details: { decisionId: decision.id },
    }),
  ]);
  return { kind: 'denied', decision };
}

/**
 * Publishes a draft once: the version must be higher than every published one, all packages must exist and take the inputs they are
 * given. Publishing what is published already changes nothing. With `bump` the draft, and its id, move to the raised version.
 */
export async function publishWorkflow(deps: Deps, actor: Actor, request: PublishRequest): Promise<PublishResult> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const result = await tryPublish(deps, actor, request);
    if (result) return result;
  }
  throw new McError('mc:store:conflict', `${request.id} is being changed by others`);
}
