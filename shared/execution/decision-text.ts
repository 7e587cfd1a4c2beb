/** The decisions about one attempt as one text, of which the receipt holds the digest. */
import { z } from 'zod';
import { digestBytes, type Digest } from '../core/digest.ts';
import type { DecisionParts } from '../decision/decision-parts.ts';
import { Decision } from '../decision/decision.ts';
import { partsOf } from '../decision/same-answers.ts';
import { PolicyInput } from '../port/policy-engine.ts';
import { foldDecisions, type FoldedDecisions } from './folded-decisions.ts';

/** The decisions about one attempt until the write that ends it. */
export interface DecisionLog {
  /** Of their text; it stands in the receipt. */
  digest: Digest;
  decisions: readonly Decision[];
  /** What their text is made of, so that it need not stay in memory; the text itself where a common text would be too large. */
  kept: DecisionParts | string;
  /** What the attempt itself keeps of them; undefined where they have a row of their own. */
  folded: FoldedDecisions | undefined;
}

/** What was asked of an attempt differs from point to point in these parts only, so the rest is told once. */
const LoggedDecision = Decision.omit({ input: true }).extend(PolicyInput.pick({ placement: true, write: true }).shape);
const LoggedDecisions = z.strictObject({ input: PolicyInput, decisions: z.array(LoggedDecision) });

/** The decisions about one attempt as their text, without repeating what they share; null for none. `mayFold` is whether the attempt has room for them. */
export function writeDecisionLog(decisions: readonly Decision[], mayFold: boolean): DecisionLog | null {
  if (decisions.length === 0) return null;
  const parts = partsOf(decisions, 'task');
  const text = textOf(decisions, parts);
  const folded = mayFold && parts ? foldDecisions(decisions, parts, text.length) : undefined;
  return { digest: digestBytes(text), decisions, kept: parts ?? text, folded };
}

/** The text of decisions between what is new in each: before the first, around its numbers, after the last. */
interface TextPieces {
  input: string;
  decisions: readonly { answer: string; asked: string }[];
}

/** By parts, which are the same object where all that is here is the same. */
const pieces = new WeakMap<DecisionParts, TextPieces>();

/** The text of decisions that have these parts. */
export function textOf(decisions: readonly Decision[], parts = partsOf(decisions, 'task')): string {
  const known = (parts && pieces.get(parts)) ?? piecesOf(decisions);
  if (parts) pieces.set(parts, known);
  // One text that grows: V8 copies its pieces once, when the digest is taken.
  let text = `{"input":${known.input},"decisions":[`;
  for (const [at, { id, decidedAt, tookMs, executionId }] of decisions.entries()) {
    const { answer = '', asked = '' } = known.decisions[at] ?? {};
    text += `${at === 0 ? '' : ','}{"id":"${id}",${answer},"decidedAt":"${decidedAt}","tookMs":${tookMs},`;
    text += `"executionId":${JSON.stringify(executionId)},${asked}}`;
  }
  return `${text}]}`;
}

function piecesOf(decisions: readonly Decision[]): TextPieces {
  const membersOf = (value: object): string => JSON.stringify(value).slice(1, -1);
  return {
    input: JSON.stringify({ ...decisions[0]?.input, placement: null, write: null }),
    decisions: decisions.map(({ point, verdict, packs, input: { placement, write } }) => ({
      answer: membersOf({ point, verdict, packs }),
      asked: membersOf({ placement, write }),
    })),
  };
}

/** Reads what writeDecisionLog wrote: the decisions whole, as they were made. */
export function readDecisionText(text: string): Decision[] {
  const { input, decisions } = LoggedDecisions.parse(JSON.parse(text));
  return decisions.map(({ placement, write, ...decision }) => {
    const request = { ...input.request, point: decision.point };
    return { ...decision, input: { ...input, request, placement, write } };
  });
}
