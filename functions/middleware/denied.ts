import type { Decision } from '../../shared/decision/decision.ts';
import { denyReasons } from '../../shared/decision/deny-reasons.ts';
import type { Reply } from './operation.ts';

/** The answer of an operation that policy denied: every reason, and where to read and prove it. */
export function denied(decision: Decision, what: string): Reply {
  const detail = `Decision ${decision.id} denies ${what}; see \`deny\` for every reason.`;
  return { denied: denyReasons(decision), decisionId: decision.id, detail };
}
