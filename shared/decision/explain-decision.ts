import type { RuleEntry } from '../port/policy-engine.ts';
import type { Decision } from './decision.ts';

const headlines = { allow: 'Allowed', warn: 'Allowed with warnings', deny: 'Denied' } as const;
const effects = { deny: 'denied by', warn: 'warning of' } as const;

function explainEntry({ effect, rule, message, got, allowed, solution }: RuleEntry): string[] {
  return [`${effects[effect]} ${rule}: ${message}`, `  seen:    ${got}`, `  allowed: ${allowed}`, `  fix:     ${solution}`];
}

/** A decision in lines for people: the verdict and who judged, then for each reason the rule, the value it saw, what it accepts, and the fix. */
export function explainDecision(decision: Decision): string[] {
  const judges = decision.packs.map(({ pack }) => pack).join(', ');
  const headline = `${headlines[decision.verdict]} at ${decision.point} by policy (packs: ${judges}; decision ${decision.id})`;
  return [headline, ...decision.packs.flatMap(({ entries }) => entries.flatMap(explainEntry))];
}
