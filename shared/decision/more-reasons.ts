import type { RuleEntry } from '../port/policy-engine.ts';

/** The entry that stands for reasons which are not shown; it denies when one of them does, so that cutting a list changes no verdict. */
export function moreReasons(pack: string, left: readonly RuleEntry[]): RuleEntry {
  const effect = left.some((entry) => entry.effect === 'deny') ? 'deny' : 'warn';
  const message = `${left.length} further reasons are not shown.`;
  const solution = 'Mend the reasons above; the next decision shows what is left.';
  return { effect, rule: `${pack}.more`, message, got: String(left.length), allowed: '0', solution };
}
