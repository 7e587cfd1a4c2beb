import { loadPolicy } from '@open-policy-agent/opa-wasm';
import { z } from 'zod';
import { canonicalJson, type Json, type JsonObject } from '../../../shared/core/json/canonical-json.ts';
import type { PolicyBundle } from '../../../policy/engine/policy-bundle.ts';

/** What came out of one evaluation: the whole verdict document in one form for both evaluators, or that there was none. */
export type Outcome = string;
export const noDocument: Outcome = 'undefined';
export const noEvaluation: Outcome = 'an error';

const Verdict = z.strictObject({ deny: z.array(z.json()), warn: z.array(z.json()) });
const sorted = (items: readonly Json[]): Json[] => items.toSorted((a, b) => (canonicalJson(a) < canonicalJson(b) ? -1 : 1));

/** Sets have no order, so the two sets of a verdict are compared sorted; everything else as it came. */
export function outcomeOf(document: unknown): Outcome {
  const { data } = Verdict.safeParse(document);
  return canonicalJson(data ? { deny: sorted(data.deny), warn: sorted(data.warn) } : document);
}

const ResultSet = z.union([z.tuple([]), z.tuple([z.object({ result: z.unknown() })])]);

/** What the compiled pack answers to each input, in their order; one module, started anew after an input it could not evaluate. */
export async function evaluateWasm(bundle: PolicyBundle, inputs: readonly Json[], data?: JsonObject): Promise<Outcome[]> {
  const start = async (): Promise<Awaited<ReturnType<typeof loadPolicy>>> => {
    const policy = await loadPolicy(bundle.wasm, { initial: 5, maximum: 512 });
    policy.setData(data ?? bundle.data);
    return policy;
  };
  let policy = await start();
  const outcomes: Outcome[] = [];
  for (const input of inputs) {
    try {
      const [answer] = ResultSet.parse(policy.evaluate(input, bundle.entrypoint));
      outcomes.push(answer ? outcomeOf(answer.result) : noDocument);
    } catch {
      outcomes.push(noEvaluation);
      policy = await start();
    }
  }
  return outcomes;
}
