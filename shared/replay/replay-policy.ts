/**
 * Counterfactual replay: a candidate pack judges what was decided in the past, so that its author sees who would have been denied, and what those
 * runs cost, before anybody is. Reads recorded decisions only; nothing is written and nobody is denied.
 */
import { encodeTime } from 'ulid';
import { listDecisionsSince } from '../decision/decision-store.ts';
import type { Decision } from '../decision/decision.ts';
import type { Deps } from '../port/deps.ts';
import type { Trial } from '../port/pack-library.ts';
import type { Actor } from '../tenant/actor.ts';
import { costOfRuns } from './cost-of-runs.ts';
import { compareDecision, type Comparison } from './compare-decision.ts';
import type { ReplayPage, ReplayedDecision } from './replay.ts';

export interface ReplayRequest {
  /** The bytes of the candidate's bundle; it needs no signature, for it decides nothing. */
  archive: Uint8Array;
  /** Where the first page begins, milliseconds since the Unix epoch. */
  since: number;
  limit: number;
  cursor?: string;
}

type ReplayDeps = Pick<Deps, 'table' | 'packs'>;

/** One page of a replay, oldest decisions first. Throws `mc:policy:bundle-refused` for a bundle that cannot judge. */
export async function replayPolicy(deps: ReplayDeps, actor: Actor, { archive, since, limit, cursor }: ReplayRequest): Promise<ReplayPage> {
  const candidate = await deps.packs.open(archive);
  // `since` may be a length of time, which is another moment at every page: where a page goes on is said by its cursor alone, which DynamoDB takes only within the range.
  const from = `dec_${encodeTime(cursor === undefined ? since : 0)}`;
  const page = await listDecisionsSince(deps, actor.tenant, from, cursor === undefined ? { limit } : { limit, cursor });
  const asked = page.items.filter(({ point }) => candidate.points.includes(point));
  const trials = await candidate.judge(asked.map(({ input }) => input));
  const found = asked.map((decision, index) => compareDecision(decision, candidate.name, trialOf(trials, index)));
  return {
    pack: candidate.name,
    digest: candidate.digest,
    ...(await summarise(deps, actor, asked, found)),
    skipped: page.items.length - asked.length,
    ...(page.cursor && { cursor: page.cursor }),
  };
}

function trialOf(trials: readonly Trial[], index: number): Trial {
  return trials[index] ?? { failure: 'the pack gave no answer' };
}

type Summary = Omit<ReplayPage, 'pack' | 'digest' | 'skipped' | 'cursor'>;

async function summarise(deps: ReplayDeps, { tenant }: Actor, asked: readonly Decision[], found: readonly Comparison[]): Promise<Summary> {
  const of = (change: Comparison['change']): Comparison[] => found.filter((comparison) => comparison.change === change);
  const newlyDenied = of('newly-denied');
  const costs = await costOfRuns(
    deps,
    tenant,
    newlyDenied.flatMap(({ decision }) => decision.executionId ?? []),
  );
  const rows = newlyDenied.map(({ decision, reasons, failure }): ReplayedDecision => {
    const { id, point, input, decidedAt, executionId } = decision;
    const measuredCostUSD = executionId === null ? null : (costs.get(executionId) ?? null);
    return {
      decisionId: id,
      point,
      decidedAt,
      executionId,
      subject: input.actor.sub,
      workflow: `${input.workflow.name}@${input.workflow.version}`,
      reasons,
      failure,
      estimatedCostUSD: input.plan.estimatedCostUSD,
      measuredCostUSD,
    };
  });
  return {
    judged: asked.length,
    unchanged: of('unchanged').length,
    newlyWarned: of('newly-warned').length,
    newlyAllowed: of('newly-allowed').length,
    newlyDenied: rows,
  };
}
