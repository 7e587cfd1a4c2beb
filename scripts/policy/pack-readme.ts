/** The page of a pack, made of the annotations beside its rules, so that what people read is what judges. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { runOpa } from './find-opa.ts';
import type { PackSources } from './pack-sources.ts';

const RuleNotes = z.strictObject({
  scope: z.string(),
  title: z.string(),
  description: z.string(),
  custom: z.strictObject({
    short_name: z.string(),
    failure_msg: z.string(),
    solution: z.string(),
    severity: z.enum(['failure', 'warning']),
  }),
});
type RuleNotes = z.infer<typeof RuleNotes>;

const Inspection = z.object({
  annotations: z.array(
    z.object({
      annotations: z.looseObject({ scope: z.string(), title: z.string(), description: z.string() }),
      path: z.array(z.object({ value: z.string() })),
    }),
  ),
});

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function ruleSection(pack: string, { title, description, custom }: RuleNotes): string {
  const effect = custom.severity === 'failure' ? 'denies' : 'warns';
  return `### ${title}

\`${pack}.${custom.short_name}\` (${effect}). ${description}

- Says: ${custom.failure_msg}
- Fix: ${custom.solution}
`;
}

/** Throws when a rule that denies or warns lacks one of its annotations. */
export function packReadme(opa: string, pack: PackSources): string {
  const rules = pack.bundled.filter((file) => file.endsWith('.rego'));
  const found = rules.flatMap(
    (file) => Inspection.parse(JSON.parse(runOpa(opa, ['inspect', '-a', '-f', 'json', file], { cwd: pack.folder }))).annotations,
  );
  const about = found.find(({ annotations }) => annotations.scope === 'package')?.annotations;
  if (!about) throw new Error(`${pack.folder}: the package has no METADATA`);
  const judging = found
    .filter(({ annotations, path }) => annotations.scope === 'rule' && ['deny', 'warn'].includes(path.at(-1)?.value ?? ''))
    .map(({ annotations }) => RuleNotes.parse(annotations));
  const table = judging.map(({ title, custom }) => `| \`${pack.name}.${custom.short_name}\` | ${custom.severity} | ${cell(title)} |`);
  return `# ${about.title}

Generated from the annotations of the rules by \`node scripts/build-policy.ts\`.

${about.description}

| Rule | Severity | What it is about |
| --- | --- | --- |
${table.join('\n')}

## Rules

${judging.map((notes) => ruleSection(pack.name, notes)).join('\n')}
## Data

Lists that change more often than rules, in \`data.json\`:

\`\`\`json
${readFileSync(join(pack.folder, 'data.json'), 'utf8').trim()}
\`\`\`

In braces: \`{got}\` is the value the rule saw, \`{allowed}\` what it would have accepted. How a decision is made: \`docs/guides/policy.md\`.
`;
}
