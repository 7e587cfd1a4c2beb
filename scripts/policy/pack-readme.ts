/** The page of a pack for people, made of its catalog entry; every example on it is a test. */
import type { PackEntry, PackRule } from '../../shared/policy-catalog/pack-entry.ts';
import { packDocs } from './pack-docs.ts';
import type { PackSources } from './pack-sources.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (text: string): string => `\`${text}\``;
const list = (items: readonly string[], none: string): string => (items.length === 0 ? none : items.map(code).join(', '));
const json = (value: unknown): string => `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;
const dayOf = (moment: string | null): string => moment?.replace('T00:00:00Z', '') ?? 'always';
const effects = { failure: 'denies', warning: 'warns' } as const;
const kinds = {
  allow: 'is allowed',
  deny: 'is denied',
  warn: 'is allowed with a warning',
  'bad-data': 'cannot be judged as it should be',
} as const;

function ruleSection({ title, rule, severity, description, message, solution, effectiveOn }: PackRule): string {
  return `### ${title}

${code(rule)} (${effects[severity]}; effective on: ${dayOf(effectiveOn)}). ${description}

- Says: ${message}
- Fix: ${solution}
`;
}

function exampleSection({ title, kind, change, data, expect }: PackEntry['examples'][number]): string {
  const replaced = data === undefined ? '' : `\nData of the pack:\n\n${json(data)}\n`;
  return `### ${title}

A question that ${kinds[kind]}: **${expect.verdict}**, by ${list(expect.rules, 'no rule')}.

${json(change)}
${replaced}`;
}

function dataSection({ name, data }: PackEntry): string {
  if (Object.keys(data).length === 0) return 'This pack has no rule data.';
  return `Lists and limits that change more often than rules lie apart from them, in \`data.json\`. The defaults:

${json(data)}

A tenant replaces any of them with values of its own in its rule data: what stands under ${code(name)} there takes the place of the field of the same
name above, and fields that are not there keep their default. A value of the wrong type is a denial, never an allow.`;
}

/** The README of a catalog entry, in Markdown that prettier has yet to format. */
export function renderReadme(entry: PackEntry): string {
  const { title, description, version, points, reads, rules, examples } = entry;
  const table = rules.map(
    ({ rule, severity, effectiveOn, title: about }) => `| ${code(rule)} | ${severity} | ${dayOf(effectiveOn)} | ${cell(about)} |`,
  );
  return `# ${title}

Generated from the annotations of the rules by \`node scripts/build-policy.ts\`. Version ${version}.

${description}

It is asked at ${list(points, 'no point')}. Of the question it sees ${list(reads, 'nothing more than')}, besides \`request.point\` and \`tenant.id\`.

| Rule | Severity | Effective on | What it is about |
| --- | --- | --- | --- |
${table.join('\n')}

## Rules

${rules.map(ruleSection).join('\n')}
In braces: \`{got}\` is the value the rule saw, \`{allowed}\` what it would have accepted; other names are values it saw too.

## Data

${dataSection(entry)}

## Examples

Each of them is a test. The change is a JSON Merge Patch (RFC 7386) over the question in [policy/goldens/input.json](../../goldens/input.json).

${examples.map(exampleSection).join('\n')}
How a decision is made: [docs/guides/policy.md](../../../docs/guides/policy.md).
`;
}

/** The README of a pack; throws when the package or a rule that denies or warns lacks one of its annotations. */
export function packReadme(opa: string, pack: PackSources): string {
  return renderReadme(packDocs(opa, pack));
}
