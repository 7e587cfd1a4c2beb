import type { Decision } from '../../shared/decision/decision.ts';
import { denyReasons } from '../../shared/decision/deny-reasons.ts';
import type { Denied } from './operation.ts';

/** Enough for one line; `deny` has all of them. */
const namedRules = 3;

/** The answer of an operation that policy denied: every reason, and where to read and prove it. */
export function denied(decision: Decision, what: string): Denied {
  const reasons = denyReasons(decision);
  const rules = [...new Set(reasons.map(({ rule }) => rule))];
  const more = rules.length > namedRules ? ` and ${rules.length - namedRules} more` : '';
  const detail = `Decision ${decision.id} denies ${what}: ${rules.slice(0, namedRules).join(', ')}${more}.`;
  return { denied: reasons, decisionId: decision.id, detail };
}
