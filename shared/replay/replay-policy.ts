/**
 * Counterfactual replay: a candidate pack judges what was decided in the past, so that its author sees who would have been denied, and what those
 * runs cost, before anybody is. Reads recorded decisions only; nothing is written and nobody is denied.
 */
import { encodeTime } from 'ulid';
import { z } from 'zod';
import { idSchema } from '../core/id.ts';
import { listDecisionsSince } from '../decision/decision-store.ts';
import type { Decision } from '../decision/decision.ts';
import type { Deps } from '../port/deps.ts';
import type { Trial } from '../port/pack-library.ts';
import { decodePosition, encodePosition } from '../port/table-cursor.ts';
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

const Position = z.tuple([idSchema('dec')]);

/**
 * Where a page begins. `since` may be a length of time, which is another moment at every page, and a page may end between any two decisions: so a cursor names the last
 * one that was looked at. `!` sorts before everything that an id may go on with.
 */
function beginOf({ since, cursor }: Pick<ReplayRequest, 'since' | 'cursor'>): string {
  return cursor === undefined ? `dec_${encodeTime(since)}` : `${decodePosition(Position, cursor)[0]}!`;
}

/** One page of a replay, oldest decisions first; it ends early when there is much to say of them. Throws `mc:policy:bundle-refused` for a bundle that cannot judge. */
export async function replayPolicy(deps: ReplayDeps, actor: Actor, { archive, limit, ...begin }: ReplayRequest): Promise<ReplayPage> {
  const candidate = await deps.packs.open(archive);
  const page = await listDecisionsSince(deps, actor.tenant, beginOf(begin), { limit });
  const asked = page.items.filter(({ point }) => candidate.points.includes(point));
  const trials = await candidate.judge(asked.map(({ input }) => input));
  const next = asked[trials.length];
  const seen = next === undefined ? page.items : page.items.slice(0, page.items.indexOf(next));
  const judged = asked.slice(0, trials.length);
  const found = judged.map((decision, index) => compareDecision(decision, candidate.name, trialOf(trials, index)));
  const last = next === undefined && page.cursor === undefined ? undefined : seen.at(-1);
  return {
    pack: candidate.name,
    digest: candidate.digest,
    ...(await summarise(deps, actor, judged, found)),
    skipped: seen.length - judged.length,
    ...(last && { cursor: encodePosition([last.id]) }),
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
