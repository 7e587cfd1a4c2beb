import { coerce } from 'semver';
import type { Issue } from '../../core/issue.ts';
import { nearest } from '../../core/nearest.ts';
import { issuesOfZod } from '../../core/zod-issues.ts';
import { Compensation, Egress, EgressRule, InputDeclaration, Manifest, Task } from '../manifest.ts';

/** The fields of every strict object of the schema, by where it stands. */
const fieldsAt: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^$/, Object.keys(Manifest.shape)],
  [/^\/tasks\/\d+$/, Object.keys(Task.shape)],
  [/^\/tasks\/\d+\/compensate$/, Object.keys(Compensation.shape)],
  [/^\/tasks\/\d+\/egress$/, Object.keys(Egress.shape)],
  [/^\/tasks\/\d+\/egress\/allow\/\d+$/, Object.keys(EgressRule.shape)],
  [/^\/inputs\/[^/]+$/, Object.keys(InputDeclaration.shape)],
];

const fixes: Readonly<Record<string, string>> = {
  required: 'Add it.',
  'invalid-type': 'Give a value of the allowed type.',
  'invalid-value': 'Use one of the allowed values.',
  'invalid-format': 'Write it in the allowed form.',
  'invalid-key': 'Begin the name with a letter; then up to 63 letters, digits, _ or -.',
  'invalid-union': 'Use only what JSON can carry: text, numbers, true, false, null, lists and objects.',
  'too-big': 'Stay within the limit.',
  'too-small': 'Stay within the limit.',
};

function explainUnknownField(issue: Issue): Issue {
  const cut = issue.pointer.lastIndexOf('/');
  const field = issue.pointer.slice(cut + 1);
  const known = fieldsAt.find(([place]) => place.test(issue.pointer.slice(0, cut)))?.[1] ?? [];
  const suggestion = nearest(field, known);
  const fix = suggestion === undefined ? 'Remove it.' : `Did you mean ${suggestion}?`;
  return { ...issue, message: `there is no field ${field}`, got: field, allowed: known.join(', '), fix };
}

/** YAML reads `1.0` as a number; in quotes it would be no version yet. */
function fixOfVersion({ pointer, code }: Issue, value: unknown): { fix: string } | undefined {
  const version: unknown = pointer === '/version' && code === 'invalid-type' ? Reflect.get(Object(value), 'version') : undefined;
  return typeof version === 'number' ? { fix: `Write three numbers, such as ${coerce(String(version))?.version ?? '1.0.0'}.` } : undefined;
}

/** Every problem the schema of the manifest finds, each with what is allowed and how to mend it. */
export function checkSchema(value: unknown): Issue[] {
  const parsed = Manifest.safeParse(value);
  if (parsed.success) return [];
  return issuesOfZod(parsed.error, value).map((issue) => {
    if (issue.code === 'unknown-field') return explainUnknownField(issue);
    const fix = fixes[issue.code];
    return { ...issue, ...(issue.fix === undefined && fix !== undefined && { fix }), ...fixOfVersion(issue, value) };
  });
}
