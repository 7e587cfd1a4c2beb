/** The parts of decisions that answer the same questions in the same words, made once: engines answer equal questions with the very same verdicts. */
import type { PolicyInput } from '../port/policy-engine.ts';
import type { Decision } from './decision.ts';
import { splitDecisions, type AboutField, type DecisionParts } from './decision-parts.ts';

interface Answered {
  decisions: readonly Decision[];
  about: AboutField;
  parts: DecisionParts | undefined;
}

/** By the last question, which tells how it went on; a change of packs or verdicts replaces what is known. */
const answered = new WeakMap<PolicyInput, Answered>();

/** As splitDecisions, with the same object for the same answers. */
export function partsOf(decisions: readonly Decision[], about: AboutField): DecisionParts | undefined {
  const last = decisions.at(-1)?.input;
  const known = last && answered.get(last);
  if (known?.about === about && isSame(known.decisions, decisions)) return known.parts;
  const parts = splitDecisions(decisions, about);
  if (last) answered.set(last, { decisions, about, parts });
  return parts;
}

function isSame(some: readonly Decision[], others: readonly Decision[]): boolean {
  return some.length === others.length && some.every((one, at) => isSameAnswer(one, others[at]));
}

function isSameAnswer(one: Decision, other: Decision | undefined): boolean {
  if (other === undefined || one.input !== other.input || one.verdict !== other.verdict || one.point !== other.point) return false;
  return one.packs === other.packs || (one.packs.length === other.packs.length && one.packs.every((pack, at) => pack === other.packs[at]));
}
