import { readFileSync } from 'node:fs';
import { digestBytes } from '../../shared/core/digest.ts';
import { Decision } from '../../shared/decision/decision.ts';
import { PolicyInput, type RuleEntry } from '../../shared/port/policy-engine.ts';

const golden = new URL('../../policy/goldens/input.json', import.meta.url);

/** A reason as the budget pack gives it. */
export const overBudget: RuleEntry = {
  effect: 'deny',
  rule: 'budget.exceeded',
  message: 'The run would bring the day to $501.00 of $500.00.',
  got: '501',
  allowed: 'at most 500',
  solution: 'Wait for the next day of the tenant, or ask an admin of the home for a larger budget.',
};

/** A decision about the golden input, by the packs access and budget; the entries are those of budget. */
export function buildDecision(more: Partial<Decision> = {}, entries: RuleEntry[] = []): Decision {
  const verdict = entries.some(({ effect }) => effect === 'deny') ? 'deny' : entries.length > 0 ? 'warn' : 'allow';
  return Decision.parse({
    id: 'dec_01ARZ3NDEKTSV4RRFFQ69G5FAV',
    point: 'start',
    verdict,
    packs: [
      { pack: 'access', digest: digestBytes('access'), verdict: 'allow', entries: [] },
      { pack: 'budget', digest: digestBytes('budget'), verdict, entries },
    ],
    input: PolicyInput.parse(JSON.parse(readFileSync(golden, 'utf8'))),
    decidedAt: '2026-11-21T10:00:00.000Z',
    tookMs: 0.4,
    executionId: null,
    ...more,
  });
}
