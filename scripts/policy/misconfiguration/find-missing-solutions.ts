import { z } from 'zod';
import type { Finding } from './finding.ts';
import { ruleName, type PackTree, type Rule } from './rego-tree.ts';

const text = z.string().trim().min(1);

/** What a reason needs, so that whoever reads it knows what to do. */
const Notes = z.object({
  title: text,
  description: text,
  custom: z.object({
    short_name: text,
    failure_msg: text,
    solution: text,
    severity: z.enum(['failure', 'warning']),
    effective_on: z.iso.datetime({ offset: true }),
  }),
});

/** An annotation without `custom` at all lacks each of its fields. */
function gapsOf(annotations: unknown): string[] {
  const { error } = Notes.safeParse({ custom: {}, ...z.record(z.string(), z.unknown()).parse(annotations ?? {}) });
  return [...new Set((error?.issues ?? []).map(({ path }) => path.join('.')))];
}

/** `warn := set()` says that the pack never warns; there is nothing to explain. */
function isEmpty({ head }: Rule): boolean {
  return head.key === undefined && Array.isArray(head.value?.value) && head.value.value.length === 0;
}

function check(rule: Rule, place: (row: number) => string): Finding[] {
  const gaps = gapsOf(rule.annotations.find(({ scope }) => scope === 'rule' || scope === 'document'));
  if (gaps.length === 0) return [];
  return [
    {
      code: 'missing-solution',
      place: place(rule.location.row),
      message: `a rule of ${ruleName(rule)} does not say enough in its METADATA: ${gaps.join(', ')}`,
      fix: 'Write title, description and custom short_name, failure_msg, solution, severity (failure or warning) and effective_on (a time).',
    },
  ];
}

/** Rules that deny or warn without saying what to do about it. */
export function findMissingSolutions({ files }: PackTree): Finding[] {
  return files.flatMap(({ rules, place }) =>
    rules
      .filter((rule) => ['deny', 'warn'].includes(ruleName(rule)) && !rule.default && !isEmpty(rule))
      .flatMap((rule) => check(rule, place)),
  );
}
