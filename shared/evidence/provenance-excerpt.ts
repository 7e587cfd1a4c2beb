import type { RunFacts } from './run-facts.ts';

/** What ran, from what, with what result, for a reader who does not want to read in-toto. Says only what the receipt says. */
export function buildProvenanceExcerpt(facts: RunFacts): string {
  const { steps, logs, decisionTexts, cost, ...rest } = facts;
  const excerpt = {
    ...rest,
    cost,
    steps: steps.map(({ task, uses, packageDigest, state, attempts, compensationAttempts, outputsDigest }) => ({
      task,
      uses,
      packageDigest,
      state,
      attempts: attempts.length,
      compensationAttempts: compensationAttempts.length,
      outputsDigest,
    })),
    logs,
    decisionTexts,
  };
  return `${JSON.stringify(excerpt, undefined, 2)}\n`;
}
