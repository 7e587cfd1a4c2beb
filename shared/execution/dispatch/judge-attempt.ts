/**
 * Policy about an attempt: where it is placed, what begins, how its results are stored. The home asks as its own service, for the run was allowed
 * to its caller at the start; rules, rule data and packs are those of this moment, so what was forbidden meanwhile does not run.
 */
import { cutText } from '../../core/text/cut-text.ts';
import { decide, decideAtOnce } from '../../decision/decide.ts';
import type { Decision } from '../../decision/decision.ts';
import { denyReasons } from '../../decision/deny-reasons.ts';
import { sameQuestion } from '../../decision/same-question.ts';
import { buildPolicyInput } from '../../decision/policy-input.ts';
import type { Deps, HomeConfig } from '../../port/deps.ts';
import type { EgressMode } from '../../port/egress-trace.ts';
import type { PolicyInput } from '../../port/policy-engine.ts';
import { runnerIdentity } from '../../tenant/service-identity.ts';
import type { Tenant } from '../../tenant/tenant.ts';
import { readTenantState, type TenantState } from '../../tenant/tenant-state.ts';
import type { ExecutionRecord } from '../execution-record.ts';
import type { FailedAttempt } from './retry-policy.ts';
import type { AttemptRequest } from './task-spec.ts';

type AttemptPoint = 'place' | 'task' | 'write';
type WriteKind = 'outputs' | 'log';
type Verdict = FailedAttempt | null;

/** Prepares the questions about this attempt of a run with this manifest. */
export async function judgeAttempt(deps: Deps, request: AttemptRequest): Promise<AttemptJudge> {
  return new AttemptJudge(deps, request, await readTenantState(deps, request.head.tenant));
}

/**
 * What policy is asked about one attempt, at three points; each answers null when policy allows it, and at once where the engine knows the answer. A class,
 * because thousands of attempts wait in a burst, and have the same methods.
 */
export class AttemptJudge {
  /** Decisions so far, in the order in which they were made. */
  readonly decisions: Decision[] = [];
  readonly #deps: Deps;
  readonly #about: ExecutionRecord['id'];
  readonly #tenant: Tenant;
  readonly #questions: AttemptQuestions;

  constructor(deps: Deps, request: AttemptRequest, state: TenantState) {
    this.#deps = deps;
    this.#about = request.head.id;
    this.#tenant = state.tenant;
    this.#questions = questionsAbout(deps.config, request, state);
  }

  /** How egress is treated now; like rule data, the setting of this moment counts. */
  get egressMode(): EgressMode {
    return this.#tenant.egressMode;
  }

  /** Where it would run. */
  place(): Verdict | Promise<Verdict> {
    return this.#ask('place', (this.#questions.place ??= this.#questions.placed()));
  }

  /** What would run. */
  begin(): Verdict | Promise<Verdict> {
    return this.#ask('task', (this.#questions.task ??= this.#questions.begun()));
  }

  /** How what it leaves behind would be kept: outputs, or of a failed attempt its log alone. */
  write(kind: WriteKind): Verdict | Promise<Verdict> {
    return this.#ask('write', (this.#questions[kind] ??= this.#questions.written(kind)));
  }

  #ask(point: AttemptPoint, input: PolicyInput): Verdict | Promise<Verdict> {
    const question = { input, packs: this.#tenant.packs, about: this.#about };
    const known = decideAtOnce(this.#deps, point, question);
    return known ? this.#note(known) : decide(this.#deps, point, question).then((decision) => this.#note(decision));
  }

  #note(decision: Decision): Verdict {
    this.decisions.push(decision);
    return decision.verdict === 'deny' ? deniedBy(decision) : null;
  }
}

/** The inputs of the points at which attempts were asked about that differ in nothing a pack may see, and what makes them when they are asked for. */
interface AttemptQuestions {
  place?: PolicyInput;
  task?: PolicyInput;
  outputs?: PolicyInput;
  log?: PolicyInput;
  placed(): PolicyInput;
  begun(): PolicyInput;
  written(kind: WriteKind): PolicyInput;
}

function questionsAbout(config: HomeConfig, request: AttemptRequest, state: TenantState): AttemptQuestions {
  const { head, manifest } = request;
  const asked = askedOf(request);
  const plan = planOf(head);
  return sameQuestion(state, manifest, `attempt ${JSON.stringify([asked, plan])}`, (): AttemptQuestions => {
    const actor = runnerIdentity(head.tenant);
    const at = (point: AttemptPoint, change: Partial<PolicyInput>): PolicyInput => {
      const input = buildPolicyInput(config, point, { ...state, actor, plan, manifest });
      return { ...input, ...change, request: { ...input.request, resourceClass: asked.resourceClass }, task: asked };
    };
    const { declaredRegion: region, cloud, encryption } = config;
    return {
      placed: () => at('place', { placement: { region, cloud, sandbox: plan.sandbox } }),
      begun: () => at('task', {}),
      written: (kind) => at('write', { write: { kind, encryption } }),
    };
  });
}

/** The task as packs see it. */
function askedOf({ head, task, purpose, manifest }: AttemptRequest): NonNullable<PolicyInput['task']> {
  const declared = manifest.tasks.find(({ id }) => id === task.id);
  const { id, resourceClass, egress } = task;
  // What undoes a task is another package; a pack that refuses it must not be shown the one it undoes.
  const uses = purpose === 'compensation' ? (task.compensateUses ?? task.uses) : task.uses;
  // A compensation has inputs of its own, which nobody masks.
  const redacts = (declared?.redact ?? []).length > 0 && task.compensateUses === null;
  return { id, uses, region: declared?.region ?? head.region, resourceClass, egress, redacts };
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
    message: cutText(`denied at ${decision.point} (${decision.id}): ${reasons.join(' ')}`, 2_000),
    retryable: false,
  };
}
