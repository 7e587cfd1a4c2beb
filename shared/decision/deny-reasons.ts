import type { Decision, DenyReason } from './decision.ts';

/** Every reason of a denial, in the order of packs and rules; empty for a decision that is no denial, and then only. */
export function denyReasons(decision: Decision): DenyReason[] {
  return decision.packs.flatMap(({ pack, entries }) =>
    entries
      .filter(({ effect }) => effect === 'deny')
      .map(({ rule, message, solution, got, allowed }) => ({ pack, rule, message, solution, input: got, allowed })),
  );
}

/** The rules that deny, each once. */
export function deniedRules(decision: Decision): string[] {
  return [...new Set(denyReasons(decision).map(({ rule }) => rule))];
}
