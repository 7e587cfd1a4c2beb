/** The decisions about an attempt in the row of its task, which says their ids, points and verdicts already: so an attempt that is plainly allowed needs no row for them. */
import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { OwnParts, type DecisionParts } from '../decision/decision-parts.ts';
import { Decision } from '../decision/decision.ts';

/** What their text says beside what they have in common with others (common-text.ts) and what the attempt says. */
export const FoldedDecisions = z.strictObject({
  common: Digest,
  ...OwnParts.pick({ asked: true, about: true }).shape,
  /** Milliseconds since 1970 at which each was made, in the order of the attempt's decisions. */
  decidedAt: z.array(z.int()),
  /** How long each took. */
  tookMs: z.array(Decision.shape.tookMs),
});
export type FoldedDecisions = z.infer<typeof FoldedDecisions>;

/**
 * Characters of the text, of which the row takes a part. A row has 400 KB for all attempts of a task and is written again with each of them, so only the first one
 * keeps its decisions; an answer has 6 MB, and tells those of several rows.
 */
const maxCharacters = 32 * 1024;

/** What an attempt keeps of decisions with these parts; undefined where they need a row of their own: with reasons, of which there may be many, or a long text. */
export function foldDecisions(
  decisions: readonly Decision[],
  { common, own: { asked, about, reasons } }: DecisionParts,
  textCharacters: number,
): FoldedDecisions | undefined {
  if (reasons !== undefined || textCharacters > maxCharacters) return undefined;
  return {
    common: common.digest,
    asked,
    about,
    decidedAt: decisions.map(({ decidedAt }) => Date.parse(decidedAt)),
    tookMs: decisions.map(({ tookMs }) => tookMs),
  };
}
