/** A decision as an entry of OPA's decision log, so that tools which read those logs read ours. */
import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { idSchema } from '../core/id.ts';
import { PackVerdict, PolicyInput } from '../port/policy-engine.ts';
import type { HomeConfig } from '../port/deps.ts';
import type { Decision } from './decision.ts';

/** The fields of OPA's decision log (openpolicyagent.org, management-decision-logs); `result` and what it holds are ours. */
export const DecisionLogEntry = z
  .strictObject({
    labels: z.record(z.string(), z.string()).describe('The home that decided'),
    decision_id: idSchema('dec'),
    path: z.string().describe('`mc/<point>`'),
    bundles: z.record(z.string(), z.strictObject({ revision: Digest })).describe('Every pack that judged, with the digest of its bundle'),
    input: PolicyInput,
    result: z.strictObject({ verdict: z.enum(['allow', 'warn', 'deny']), packs: z.array(PackVerdict) }),
    masked: z.array(z.string()).describe('JSON Pointers of what was taken out of the input; inputs hold no secrets, so nothing is'),
    timestamp: z.iso.datetime(),
    metrics: z.strictObject({ timer_rego_query_eval_ns: z.int().nonnegative() }),
    execution_id: idSchema('exec').nullable(),
  })
  .meta({ id: 'DecisionLogEntry' });
export type DecisionLogEntry = z.infer<typeof DecisionLogEntry>;

/** The entry of a decision. */
export function toLogEntry({ builderId, version }: HomeConfig, decision: Decision): DecisionLogEntry {
  const { id, point, verdict, packs, input, decidedAt, tookMs, executionId } = decision;
  return {
    labels: { id: builderId, version },
    decision_id: id,
    path: `mc/${point}`,
    bundles: Object.fromEntries(packs.map(({ pack, digest }) => [pack, { revision: digest }])),
    input,
    result: { verdict, packs },
    masked: [],
    timestamp: decidedAt,
    metrics: { timer_rego_query_eval_ns: Math.round(tookMs * 1_000_000) },
    execution_id: executionId,
  };
}
