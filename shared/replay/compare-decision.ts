import { denyReasons } from '../decision/deny-reasons.ts';
import type { Decision, DenyReason } from '../decision/decision.ts';
import type { Trial } from '../port/pack-library.ts';

/** What a candidate would have made of one recorded decision. */
export interface Comparison {
  decision: Decision;
  change: 'unchanged' | 'newly-denied' | 'newly-allowed' | 'newly-warned';
  /** Why it would have been denied. */
  reasons: DenyReason[];
  /** Why the candidate gave no verdict, which denies as surely as a reason does. */
  failure: string | null;
}

/**
 * The recorded decision with the candidate in the place of the pack of its name, or beside the others where there was none: the strongest word of all
 * packs is the decision.
 */
export function compareDecision(decision: Decision, pack: string, trial: Trial): Comparison {
  const others = decision.packs.filter((verdict) => verdict.pack !== pack);
  if ('failure' in trial) {
    const change = decision.verdict === 'deny' ? 'unchanged' : 'newly-denied';
    return { decision, change, reasons: [], failure: trial.failure };
  }
  const words = [...others, trial.verdict].map(({ verdict }) => verdict);
  const would = words.includes('deny') ? 'deny' : words.includes('warn') ? 'warn' : 'allow';
  const reasons = would === 'deny' ? denyReasons({ ...decision, packs: [...others, trial.verdict] }) : [];
  return { decision, change: changeOf(decision.verdict, would), reasons, failure: null };
}

function changeOf(was: Decision['verdict'], would: Decision['verdict']): Comparison['change'] {
  if (was === would) return 'unchanged';
  if (would === 'deny') return 'newly-denied';
  if (was === 'deny') return 'newly-allowed';
  return would === 'warn' ? 'newly-warned' : 'unchanged';
}
