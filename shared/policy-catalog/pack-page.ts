import type { PackEntry, PackRule } from './pack-entry.ts';
import type { GoldenCase } from './pack-goldens.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const json = (value: unknown): string => `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;

function ruleSection({ rule, severity, title, description, message, solution, effectiveOn }: PackRule): string {
  const since = effectiveOn === null ? '' : ` Since ${effectiveOn.slice(0, 10)}.`;
  return `### ${title}

\`${rule}\` (${severity === 'failure' ? 'denies' : 'warns'}). ${description}${since}

- Says: ${message}
- Fix: ${solution}
`;
}

function exampleSection({ title, kind, change, data, expect }: GoldenCase): string {
  const rules = expect.rules.length === 0 ? '' : ` by ${expect.rules.map((rule) => `\`${rule}\``).join(', ')}`;
  const withData = data === undefined ? '' : `\nWith this data:\n\n${json(data)}\n`;
  return `### ${title}

${kind === 'bad-data' ? 'Input or data that cannot be read: ' : ''}**${expect.verdict}**${rules}, when the base question is changed by:

${json(change)}
${withData}`;
}

/** The page of a pack in Markdown, made of the same entry that the API answers with: its rules and their fixes, its data, its examples. */
export function packPage(entry: PackEntry): string {
  const { name, title, description, version, points, reads, rules, data, examples } = entry;
  const table = rules.map((rule) => `| \`${rule.rule}\` | ${rule.severity} | ${cell(rule.title)} |`);
  const rest = `## Data

\`data.mc.${name}\` of the bundle; a tenant replaces any of it in its rule data.

${json(data)}

## Examples

Every example is a test of the pack.

${examples.map(exampleSection).join('\n')}`;
  return `# ${title}

${description}

| | |
| --- | --- |
| Pack | \`${name}\` ${version} |
| Judges at | ${points.join(', ')} |
| Reads | ${reads.length === 0 ? 'the whole question' : reads.map((part) => `\`${part}\``).join(', ')} |

| Rule | Severity | What it is about |
| --- | --- | --- |
${table.join('\n')}

## Rules

${rules.map(ruleSection).join('\n')}
${rest}`;
}
