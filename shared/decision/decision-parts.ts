/**
 * Decisions taken apart: a text that they have in common with those about many other runs (packs and verdicts, rule data, the home, the facts of the workflow), and
 * what is each one's own. Numbers of quota, budget and estimate, times, ids, who asked, the task and reasons change from run to run; persons and values of runs are
 * in some of them, and so in no common text.
 */
import { z } from 'zod';
import { digestBytes } from '../core/digest.ts';
import { InvariantError } from '../core/errors.ts';
import { PackVerdict, PolicyInput, RuleEntry } from '../port/policy-engine.ts';
import { textBytesMax, type CommonText } from './common-text.ts';
import { Decision } from './decision.ts';

const { actor, tenant, plan, task, placement, write } = PolicyInput.shape;

/** The input with nothing in the places of what is one run's own. */
const CommonInput = PolicyInput.extend({
  actor: actor.nullable(),
  tenant: tenant.extend({
    quota: tenant.shape.quota.extend({ inUse: z.null() }),
    budget: tenant.shape.budget.extend({ spentUSD: z.null(), reservedUSD: z.null(), day: z.null() }),
  }),
  plan: plan.extend({ estimatedCostUSD: z.null(), estimatedCostHighUSD: z.null() }),
});
const CommonDecision = z.strictObject({
  ...Decision.pick({ point: true, verdict: true }).shape,
  packs: z.array(PackVerdict),
  placement,
  write,
});
const Common = z.strictObject({ input: CommonInput, decisions: z.array(CommonDecision) });
type Common = z.infer<typeof Common>;

/** What a row holds of decisions of its own. Texts and lists, because DynamoDB keeps no order of members. */
export const OwnParts = z.object({
  /** `inUse`, `spentUSD`, `reservedUSD`, `day`, `estimatedCostUSD`, `estimatedCostHighUSD`. */
  asked: z.tuple([z.int(), z.number(), z.number(), z.string(), z.number(), z.number()]),
  /** JSON of who asked for the run, or of the task that was to be run. */
  about: z.string(),
  /** JSON of the reasons: in which decision, by which of its packs, and what they are; absent for plain allows. */
  reasons: z.string().optional(),
});
export type OwnParts = z.infer<typeof OwnParts>;

/** What of the input is each row's own, apart from the numbers: who asked for the run, or the task of an attempt, which a service asked about. */
export type AboutField = 'actor' | 'task';

const Reasons = z.array(z.tuple([z.int(), z.int(), z.array(RuleEntry)]));
type Reasons = z.infer<typeof Reasons>;

/** Decisions without what is new in every one of them: id, time, duration, run. */
export interface DecisionParts {
  common: CommonText;
  own: OwnParts;
}

/** What is new in every decision, in its order. */
export type Made = Pick<Decision, 'id' | 'decidedAt' | 'tookMs' | 'executionId'>;

/** The decisions in parts; they differ in their point, placement and write only. Undefined where the common text is too much for an item of its own. */
export function splitDecisions(decisions: readonly Decision[], about: AboutField): DecisionParts | undefined {
  const [first] = decisions;
  if (!first) throw new InvariantError('no decision has no parts');
  const { input, asked } = splitInput(first.input, about);
  const reasons: Reasons = [];
  const shorn = decisions.map(({ point, verdict, packs, input: { placement, write } }, at) => {
    for (const [index, { entries }] of packs.entries()) if (entries.length > 0) reasons.push([at, index, entries]);
    return { point, verdict, packs: packs.map((pack) => ({ ...pack, entries: [] })), placement, write };
  });
  const text = JSON.stringify({ input, decisions: shorn } satisfies Common);
  if (Buffer.byteLength(JSON.stringify(text)) > textBytesMax) return undefined;
  return {
    common: { digest: digestBytes(text), text },
    own: { asked, about: JSON.stringify(first.input[about]), ...(reasons.length > 0 && { reasons: JSON.stringify(reasons) }) },
  };
}

function splitInput(input: PolicyInput, about: AboutField): { input: Common['input']; asked: OwnParts['asked'] } {
  const { quota, budget } = input.tenant;
  const { estimatedCostUSD, estimatedCostHighUSD } = input.plan;
  const common: Common['input'] = {
    ...input,
    tenant: { ...input.tenant, quota: { ...quota, inUse: null }, budget: { ...budget, spentUSD: null, reservedUSD: null, day: null } },
    plan: { ...input.plan, estimatedCostUSD: null, estimatedCostHighUSD: null },
    [about]: null,
    placement: null,
    write: null,
  };
  return { input: common, asked: [quota.inUse, budget.spentUSD, budget.reservedUSD, budget.day, estimatedCostUSD, estimatedCostHighUSD] };
}

const parsed = new WeakMap<CommonText, Common>();

/** The decisions whole again, to the order of their members. */
export function joinDecisions({ common: stored, own }: DecisionParts, made: readonly Made[]): Decision[] {
  const common = parsed.get(stored) ?? asWritten(Common, stored.text);
  parsed.set(stored, common);
  if (made.length !== common.decisions.length)
    throw new InvariantError(`${made.length} decisions have a text about ${common.decisions.length}`);
  const input = joinInput(common.input, own);
  const reasons = own.reasons === undefined ? [] : asWritten(Reasons, own.reasons);
  return made.flatMap(({ id, decidedAt, tookMs, executionId }, at) => {
    const answer = common.decisions[at];
    if (!answer) return [];
    const { point, verdict, placement, write } = answer;
    const packs = answer.packs.map((pack, index) => ({
      ...pack,
      entries: reasons.find(([where, by]) => where === at && by === index)?.[2] ?? [],
    }));
    const asked = { ...input, request: { ...input.request, point }, placement, write };
    return { id, point, verdict, packs, input: asked, decidedAt, tookMs, executionId };
  });
}

function joinInput(common: Common['input'], { asked, about }: OwnParts): PolicyInput {
  const [inUse, spentUSD, reservedUSD, day, estimatedCostUSD, estimatedCostHighUSD] = asked;
  const { quota, budget } = common.tenant;
  return {
    ...common,
    ...(common.actor === null ? { actor: asWritten(actor, about) } : { actor: common.actor, task: asWritten(task, about) }),
    tenant: { ...common.tenant, quota: { ...quota, inUse }, budget: { ...budget, spentUSD, reservedUSD, day } },
    plan: { ...common.plan, estimatedCostUSD, estimatedCostHighUSD },
  };
}

/** A value as it was written, once it is known to fit: parsing would give its members the order of the schema, and digests are over this one. */
function asWritten<T>(schema: z.ZodType<T>, text: string): T {
  const value: unknown = JSON.parse(text);
  schema.parse(value);
  return value as T; // Strict objects without defaults: what fits is what was parsed.
}
