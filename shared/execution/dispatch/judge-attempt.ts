/**
 * Policy about an attempt: where it is placed, what begins, how its results are stored. The home asks as its own service, for the run was allowed
 * to its caller at the start; rules, rule data and packs are those of this moment, so what was forbidden meanwhile does not run.
 */
import { decide, decideAtOnce } from '../../decision/decide.ts';
import type { Decision } from '../../decision/decision.ts';
import { denyReasons } from '../../decision/deny-reasons.ts';
import { sameQuestion } from '../../decision/same-question.ts';
import { buildPolicyInput } from '../../decision/policy-input.ts';
import type { Deps } from '../../port/deps.ts';
import type { EgressMode } from '../../port/egress-trace.ts';
import type { PolicyInput } from '../../port/policy-engine.ts';
import { runnerIdentity } from '../../tenant/service-identity.ts';
import { readTenantState, type TenantState } from '../../tenant/tenant-state.ts';
import type { ExecutionRecord } from '../execution-record.ts';
import type { FailedAttempt } from './retry-policy.ts';
import type { AttemptRequest } from './task-spec.ts';

type AttemptPoint = 'place' | 'task' | 'write';
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
  readonly #request: AttemptRequest;
  readonly #state: TenantState;
  /** What the points have in common; they differ in what the home says of itself, and in the kind of the write. */
  readonly #about: string;

  constructor(deps: Deps, request: AttemptRequest, state: TenantState) {
    this.#deps = deps;
    this.#request = request;
    this.#state = state;
    this.#about = JSON.stringify([askedOf(request), planOf(request.head)]);
  }

  /** How egress is treated now; like rule data, the setting of this moment counts. */
  get egressMode(): EgressMode {
    return this.#state.tenant.egressMode;
  }

  /** Where it would run. */
  place(): Verdict | Promise<Verdict> {
    const { declaredRegion: region, cloud } = this.#deps.config;
    return this.#ask('place', 'place', { placement: { region, cloud, sandbox: this.#request.head.sandbox } });
  }

  /** What would run. */
  begin(): Verdict | Promise<Verdict> {
    return this.#ask('task', 'task', {});
  }

  /** How what it leaves behind would be kept: outputs, or of a failed attempt its log alone. */
  write(kind: 'outputs' | 'log'): Verdict | Promise<Verdict> {
    return this.#ask('write', `write ${kind}`, { write: { kind, encryption: this.#deps.config.encryption } });
  }

  #ask(point: AttemptPoint, name: string, change: Partial<PolicyInput>): Verdict | Promise<Verdict> {
    const question = { input: this.#questionAt(point, name, change), packs: this.#state.tenant.packs, about: this.#request.head.id };
    const known = decideAtOnce(this.#deps, point, question);
    return known ? this.#note(known) : decide(this.#deps, point, question).then((decision) => this.#note(decision));
  }

  #note(decision: Decision): Verdict {
    this.decisions.push(decision);
    return decision.verdict === 'deny' ? deniedBy(decision) : null;
  }

  /** The question at this point; attempts that differ in nothing a pack may see share it. */
  #questionAt(point: AttemptPoint, name: string, change: Partial<PolicyInput>): PolicyInput {
    const { manifest, head, task } = this.#request;
    return sameQuestion(this.#state, manifest, `${name} ${this.#about}`, () => {
      const input = buildPolicyInput(this.#deps.config, point, {
        ...this.#state,
        actor: runnerIdentity(head.tenant),
        plan: planOf(head),
        manifest,
      });
      const { resourceClass } = task;
      return { ...input, ...change, request: { ...input.request, resourceClass }, task: askedOf(this.#request) };
    });
  }
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
    message: `denied at ${decision.point} (${decision.id}): ${reasons.join(' ')}`.slice(0, 2_000),
    retryable: false,
  };
}
