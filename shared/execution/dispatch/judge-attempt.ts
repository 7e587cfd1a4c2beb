/**
 * Policy about an attempt: where it is placed, what begins, how its results are stored. The home asks as its own service, for the run was allowed
 * to its caller at the start; rules, rule data and packs are those of this moment, so what was forbidden meanwhile does not run.
 */
import { decide } from '../../decision/decide.ts';
import type { Decision } from '../../decision/decision.ts';
import { denyReasons } from '../../decision/deny-reasons.ts';
import { sameQuestion } from '../../decision/same-question.ts';
import { buildPolicyInput } from '../../decision/policy-input.ts';
import { loadManifest } from '../../manifest/get-workflow.ts';
import type { Deps } from '../../port/deps.ts';
import type { EgressMode } from '../../port/egress-trace.ts';
import type { OwnPack, PolicyInput } from '../../port/policy-engine.ts';
import { runnerIdentity } from '../../tenant/service-identity.ts';
import { readTenantState } from '../../tenant/tenant-state.ts';
import type { ExecutionRecord } from '../execution-record.ts';
import type { FailedAttempt } from './retry-policy.ts';
import type { AttemptRequest } from './task-spec.ts';

/** What policy is asked about one attempt; made once, asked at three points. */
export interface AttemptJudge {
  /** Decisions so far, in the order in which they were made. */
  readonly decisions: readonly Decision[];
  /** How egress is treated now; like rule data, the setting of this moment counts. */
  readonly egressMode: EgressMode;
  /** Where it would run. */
  place(): Promise<FailedAttempt | null>;
  /** What would run. */
  begin(): Promise<FailedAttempt | null>;
  /** How what it leaves behind would be kept: outputs, or of a failed attempt its log alone. */
  write(kind: 'outputs' | 'log'): Promise<FailedAttempt | null>;
}

/** Prepares the questions about this attempt; each answers null when policy allows it. */
export async function judgeAttempt(deps: Deps, request: AttemptRequest): Promise<AttemptJudge> {
  const { questionAt, packs, egressMode } = await readQuestion(deps, request);
  const decisions: Decision[] = [];
  const ask = async (point: AttemptPoint, change: Partial<PolicyInput>): Promise<FailedAttempt | null> => {
    const decision = { ...(await decide(deps, point, { input: questionAt(point, change), packs })), executionId: request.head.id };
    decisions.push(decision);
    return decision.verdict === 'deny' ? deniedBy(decision) : null;
  };
  const { declaredRegion: region, cloud, encryption } = deps.config;
  return {
    decisions,
    egressMode,
    place: () => ask('place', { placement: { region, cloud, sandbox: request.head.sandbox } }),
    begin: () => ask('task', {}),
    write: (kind) => ask('write', { write: { kind, encryption } }),
  };
}

type AttemptPoint = 'place' | 'task' | 'write';

interface AttemptQuestion {
  /** The question at this point; attempts that differ in nothing a pack may see share it. */
  questionAt(this: void, point: AttemptPoint, change: Partial<PolicyInput>): PolicyInput;
  packs: readonly OwnPack[];
  egressMode: EgressMode;
}

async function readQuestion(deps: Deps, { head, task, purpose }: AttemptRequest): Promise<AttemptQuestion> {
  const state = await readTenantState(deps, head.tenant);
  const { tenant, usage } = state;
  const manifest = await loadManifest(deps, head.tenant, head.workflow);
  const declared = manifest.tasks.find(({ id }) => id === task.id);
  const { id, resourceClass, egress } = task;
  // What undoes a task is another package; a pack that refuses it must not be shown the one it undoes.
  const uses = purpose === 'compensation' ? (task.compensateUses ?? task.uses) : task.uses;
  // A compensation has inputs of its own, which nobody masks.
  const redacts = (declared?.redact ?? []).length > 0 && task.compensateUses === null;
  const asked = { id, uses, region: declared?.region ?? head.region, resourceClass, egress, redacts };
  const plan = planOf(head);
  const build = (point: AttemptPoint, change: Partial<PolicyInput>): PolicyInput => {
    const input = buildPolicyInput(deps.config, point, { actor: runnerIdentity(head.tenant), tenant, usage, plan, manifest });
    return { ...input, ...change, request: { ...input.request, resourceClass }, task: asked };
  };
  // Written once for all points, which differ in what the home says of itself, and in the kind of the write.
  const about = JSON.stringify([asked, plan]);
  const questionAt: AttemptQuestion['questionAt'] = (point, change) =>
    sameQuestion(state, manifest, `${point} ${change.write?.kind ?? ''} ${about}`, () => build(point, change));
  return { questionAt, packs: tenant.packs, egressMode: tenant.egressMode };
}

/** The run as its attempts are judged: its tasks one by one. */
function planOf({
  region,
  sandbox,
  estimatedCostUsdMicros,
  estimatedCostHighUsdMicros,
  workflow,
}: ExecutionRecord): Parameters<typeof buildPolicyInput>[2]['plan'] {
  return { region, sandbox, estimatedCostUsdMicros, estimatedCostHighUsdMicros, workflow, tasks: [] };
}

/** Trying again would be denied again, until a person changes something. */
function deniedBy(decision: Decision): FailedAttempt {
  const reasons = denyReasons(decision).map(({ rule, message, solution }) => `${rule}: ${message} Fix: ${solution}`);
  return {
    failure: 'policy',
    message: `denied at ${decision.point} (${decision.id}): ${reasons.join(' ')}`.slice(0, 2_000),
    retryable: false,
  };
}
