/** The page of a pack for people, made of its catalog entry: the README of a shipped pack, and the docs that the API answers with. */
import type { PackEntry, PackRule } from './pack-entry.ts';

/** What a page says of the place it stands in. */
export interface PageFrame {
  /** A sentence on where the page comes from; empty for none. */
  source: string;
  /** The base question of the examples, named or linked. */
  question: string;
  /** A sentence on what the rules do with data they cannot read; empty for packs of others. */
  onBadData: string;
  /** Where it says how a decision is made. */
  guide: string;
}

const inAnswer: PageFrame = {
  source: '',
  onBadData: '',
  question: 'the base question, `question` of this pack',
  guide: '`docs/guides/policy.md` of the program',
};

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

function dataSection({ name, data }: PackEntry, onBadData: string): string {
  if (Object.keys(data).length === 0) return 'This pack has no rule data.';
  return `Lists and limits that change more often than rules lie apart from them, in \`data.json\`. The defaults:

${json(data)}

A tenant replaces any of them with values of its own in its rule data: what stands under ${code(name)} there takes the place of the field of the same
name above, and fields that are not there keep their default.${onBadData === '' ? '' : ` ${onBadData}`}`;
}

/** A pack in Markdown: what it judges, every rule with its fix, its data, and its examples, each of which is a test. */
export function packPage(entry: PackEntry, frame: PageFrame = inAnswer): string {
  const { title, description, version, points, reads, rules, examples } = entry;
  const table = rules.map(
    ({ rule, severity, effectiveOn, title: about }) => `| ${code(rule)} | ${severity} | ${dayOf(effectiveOn)} | ${cell(about)} |`,
  );
  return `# ${title}

${frame.source === '' ? '' : `${frame.source} `}Version ${version}.

${description}

It is asked at ${list(points, 'no point')}. Of the question it sees ${list(reads, 'nothing more than')}, besides \`request.point\` and \`tenant.id\`.

| Rule | Severity | Effective on | What it is about |
| --- | --- | --- | --- |
${table.join('\n')}

## Rules

${rules.map(ruleSection).join('\n')}
In braces: \`{got}\` is the value the rule saw, \`{allowed}\` what it would have accepted; other names are values it saw too.

## Data

${dataSection(entry, frame.onBadData)}

## Examples

Each of them is a test. The change is a JSON Merge Patch (RFC 7386) over ${frame.question}.

${examples.map(exampleSection).join('\n')}
How a decision is made: ${frame.guide}.
`;
}
