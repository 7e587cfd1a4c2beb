import { z } from 'zod';
import type { Finding } from './finding.ts';
import { isUnconditional, ruleName, type PackTree, type Rule } from './rego-tree.ts';

const Empty = z.object({ type: z.enum(['set', 'array', 'object']), value: z.array(z.json()).max(0) });
const Key = z.object({ value: z.literal('deny') });
const Members = z.array(z.tuple([z.json(), z.json()]));

function deniesNothing({ head }: Rule): boolean {
  const members = Members.safeParse(head.value?.value).data ?? [];
  return members.some(([key, value]) => Key.safeParse(key).success && Empty.safeParse(value).success);
}

function isOpen(rule: Rule): boolean {
  if (!rule.default && !isUnconditional(rule)) return false;
  if (rule.head.args !== undefined) return false;
  const name = ruleName(rule);
  if (name === 'verdict') return deniesNothing(rule);
  return name === 'allow' && rule.head.value?.type === 'boolean' && rule.head.value.value === true;
}

/** Packs that answer "allow" when no rule has anything to say, or whatever is asked. */
export function findDefaultAllow({ files }: PackTree): Finding[] {
  return files.flatMap(({ rules, place }) =>
    rules.filter(isOpen).map((rule) => ({
      code: 'default-allow',
      place: place(rule.location.row),
      message: rule.default
        ? `the default of ${ruleName(rule)} allows: what no rule could judge passes`
        : `${ruleName(rule)} allows whatever is asked`,
      fix: 'Write `default allow := false`, and let `verdict` be made of what the rules deny and warn of.',
    })),
  );
}
