/**
 * The gate every publish, plan and start goes through. A denial is a Decision like any other; an engine that cannot judge throws
 * `mc:policy:unavailable`, and callers admit nothing without a Decision in hand.
 */
import { McError } from '../core/errors.ts';
import type { Id } from '../core/id.ts';
import { isoTime } from '../port/clock.ts';
import type { Deps } from '../port/deps.ts';
import { metricNames } from '../port/metrics.ts';
import type { OwnPack, PackVerdict, PolicyInput, PolicyPoint } from '../port/policy-engine.ts';
import { boundedReasons } from './bounded-reasons.ts';
import type { Decision } from './decision.ts';

/** Verdicts from the weakest to the strongest; the strongest of all packs is the decision's. */
const verdicts = ['allow', 'warn', 'deny'] as const;
type Verdict = (typeof verdicts)[number];

function strongest(found: readonly Verdict[]): Verdict {
  return verdicts.findLast((verdict) => found.includes(verdict)) ?? 'allow';
}

/** A pack whose verdict and reasons disagree has not judged; reading either of the two as the truth could be reading a denial as an allow. */
function isConsistent({ verdict, entries }: PackVerdict): boolean {
  return verdict === strongest(entries.map(({ effect }) => effect));
}

/** What is asked: the input, and the packs that the tenant has of its own. */
export interface Question {
  input: PolicyInput;
  packs: readonly OwnPack[];
  /** The run that it is about, when there is one already. */
  about?: Id<'exec'>;
}

/** What follows from the answer of an engine. */
interface Judgement {
  packs: PackVerdict[];
  verdict: Verdict;
}

/** By the very array that an engine answered: it gives the same one for a question that it knows. They are frozen, so that it stays what was looked at. */
const judgements = new WeakMap<readonly PackVerdict[], Judgement>();

function judgementOf(answer: PackVerdict[]): Judgement {
  const known = judgements.get(answer);
  if (known) return known;
  refuseNonsense(answer);
  const judgement = { packs: boundedReasons(answer), verdict: strongest(answer.map(({ verdict }) => verdict)) };
  for (const pack of answer) Object.freeze(pack);
  judgements.set(Object.freeze(answer), judgement);
  return judgement;
}

/** What an engine throws that cannot judge. */
function unavailable(cause: unknown): McError {
  if (cause instanceof McError) return cause;
  return new McError('mc:policy:unavailable', 'The policy engine failed; nothing was admitted.', { cause });
}

function refuseNonsense(packs: readonly PackVerdict[]): void {
  if (packs.length === 0) throw new McError('mc:policy:unavailable', 'No policy pack judged the request; nothing was admitted.');
  const odd = packs.find((pack) => !isConsistent(pack));
  if (odd)
    throw new McError(
      'mc:policy:unavailable',
      `Policy pack ${odd.pack} says ${odd.verdict}, but its reasons say something else; nothing was admitted.`,
    );
}

type DecideDeps = Pick<Deps, 'policy' | 'ids' | 'clock' | 'metrics'>;

/** Asks every policy pack and answers with a decision that can be recorded; deny wins over warn, warn over allow, silence is an error. */
export async function decide(deps: DecideDeps, point: PolicyPoint, question: Question): Promise<Decision> {
  const asked = { point, startedMs: deps.clock.elapsedMs() };
  try {
    const { input, packs } = question;
    return decided(deps, asked, question, judgementOf(await deps.policy.evaluate(point, input, packs)));
  } catch (cause) {
    recordTime(deps, asked);
    throw unavailable(cause);
  }
}

/** As decide, where the engine need not be waited for; undefined where it has to be. Throws as decide. */
export function decideAtOnce(deps: DecideDeps, point: PolicyPoint, question: Question): Decision | undefined {
  const asked = { point, startedMs: deps.clock.elapsedMs() };
  try {
    const answer = deps.policy.known?.(point, question.input, question.packs);
    return answer && decided(deps, asked, question, judgementOf(answer));
  } catch (cause) {
    recordTime(deps, asked);
    throw unavailable(cause);
  }
}

/** Where policy is asked, and since when. */
interface Asked {
  point: PolicyPoint;
  startedMs: number;
}

function decided(deps: DecideDeps, asked: Asked, { input, about }: Question, { packs, verdict }: Judgement): Decision {
  const { point } = asked;
  if (verdict === 'deny') deps.metrics.count(metricNames.policyDeniesTotal, 1, { tenant: input.tenant.id });
  const decidedAt = isoTime(deps.clock.now());
  const tookMs = recordTime(deps, asked);
  return { id: deps.ids.next('dec'), point, verdict, packs, input, decidedAt, tookMs, executionId: about ?? null };
}

/** Records how long the packs took, and answers it: milliseconds, to the microsecond. */
function recordTime({ clock, metrics }: DecideDeps, { point, startedMs }: Asked): number {
  const tookMs = Math.round((clock.elapsedMs() - startedMs) * 1_000) / 1_000;
  metrics.record(metricNames.policyEvalMs, tookMs, { point });
  return tookMs;
}
