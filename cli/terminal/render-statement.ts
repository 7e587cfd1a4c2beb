/** What a signed statement says, in a line or two; whoever calls this has verified it. */
import { z } from 'zod';
import { printable } from '../../shared/core/text/printable.ts';
import type { Statement } from '../../shared/receipt/statement.ts';

const RunFacts = z.object({
  predicate: z.object({
    mc_receipt: z.object({ state: z.string(), requestedBy: z.string(), decisions: z.array(z.object({ id: z.string() })).min(1) }),
    runDetails: z.object({ metadata: z.object({ invocationId: z.string(), finishedOn: z.string() }) }),
  }),
});

const DecisionFacts = z.object({
  predicate: z.object({
    mc_decision: z.object({
      id: z.string(),
      point: z.string(),
      verdict: z.string(),
      actor: z.object({ sub: z.string(), tenant: z.string() }),
      deny: z.array(z.object({ rule: z.string(), message: z.string() })),
    }),
    timeVerified: z.string(),
  }),
});

/** What a run or a decision came to, a line each; nothing for statements of other kinds. That it is signed does not say that it means well. */
export function summariseStatement(statement: Statement): string[] {
  return summary(statement).map(printable);
}

function summary(statement: Statement): string[] {
  const run = RunFacts.safeParse(statement).data?.predicate;
  if (run) {
    const { state, requestedBy, decisions } = run.mc_receipt;
    const { invocationId, finishedOn } = run.runDetails.metadata;
    return [`${invocationId}: ${state} at ${finishedOn}, asked by ${requestedBy}, admitted by ${decisions[0]?.id ?? ''}`];
  }
  const decision = DecisionFacts.safeParse(statement).data?.predicate;
  if (!decision) return [];
  const { id, point, verdict, actor, deny } = decision.mc_decision;
  return [
    `${id}: ${verdict} at ${point}, asked by ${actor.sub} of tenant ${actor.tenant} at ${decision.timeVerified}`,
    ...deny.map(({ rule, message }) => `${rule}: ${message}`),
  ];
}
